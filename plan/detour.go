package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// A detour keeps a resource as it was while something changes that it works by:
//
//	expand    create a copy of the old definition
//	          point the resource at the copy
//	          update the definition in place
//	switch    give the resource its final form
//	contract  delete the copy

// detours are the changes that a schedule's detours bring.
type detours struct {
	copies copies
	turn   []Change                      // what points resources at the copies
	need   map[gateway.Key][]gateway.Key // by definition: who must be on its way before it changes
}

// detours makes the copies, and takes the updates apart of what goes by them.
func (d *diff) detours(s *schedule) detours {
	w := detours{need: map[gateway.Key][]gateway.Key{}}
	for _, key := range slices.SortedFunc(maps.Keys(s.detours), gateway.Key.Compare) {
		old := s.old(key)
		pinned := s.pinned(old, d.live, w.copies.of(d, "old"))
		w.turn = append(w.turn, Change{Op: Update, Key: key, Old: &old, New: &pinned, Fields: fields(&old, &pinned),
			Why: "keeps what it works by while that changes"})
		d.comesFrom(key, &pinned)
	}
	for key, stage := range s.stages {
		if s.detours[key] || stage == leaving {
			for _, dep := range s.changing(key) {
				w.need[dep] = append(w.need[dep], key)
			}
		}
	}
	for _, users := range w.need {
		slices.SortFunc(users, gateway.Key.Compare)
	}
	return w
}

// old is a resource as it is before its update, which may come after that of a claim (claims.go).
func (s *schedule) old(key gateway.Key) gateway.Resource {
	if c, updated := s.updates[key]; updated {
		return *c.Old
	}
	return s.d.live[key]
}

// copies are definitions that stand for a while beside the ones that they were made of.
type copies struct {
	raise, lower []Change
	made         map[gateway.Key]bool
}

// of returns what makes a copy, once for each. Form says which definition it is of something that changes, the old or the new one.
func (w *copies) of(d *diff, form string) func(copied gateway.Resource, of gateway.Key) {
	return func(copied gateway.Resource, of gateway.Key) {
		_, left := d.live[copied.Key] // by a pass that was cut off: its delete is in the plan already
		if left || w.made[copied.Key] {
			return
		}
		if w.made == nil {
			w.made = map[gateway.Key]bool{}
		}
		w.made[copied.Key] = true
		why := fmt.Sprintf("holds the %s definition of %s while that changes", form, of)
		w.raise = append(w.raise, Change{Op: Create, Key: copied.Key, New: &copied, Fields: fields(nil, &copied), Why: why})
		w.lower = append(w.lower, Change{Op: Delete, Key: copied.Key, Old: &copied, Fields: fields(&copied, nil), Why: why})
	}
}

// comesFrom makes the last change of a resource begin where its detour ends; what did not change by itself gets one.
func (d *diff) comesFrom(key gateway.Key, pinned *gateway.Resource) {
	for _, list := range [][]Change{d.updates, d.deletes} {
		for i, c := range list {
			if c.Key == key {
				list[i].Old, list[i].Fields = pinned, fields(pinned, c.New)
				return
			}
		}
	}
	next := d.desired[key]
	d.updates = append(d.updates, Change{Op: Update, Key: key, Old: pinned, New: &next, Fields: fields(pinned, &next),
		Why: "goes back to what it works by"})
}

// pinned returns a resource of a state with copies in the place of the definitions that change. Made is told of each copy.
func (s *schedule) pinned(r gateway.Resource, state gateway.State, made func(copied gateway.Resource, of gateway.Key)) gateway.Resource {
	var spec any = r.Spec
	for _, ref := range gateway.Refs(r) {
		if target, ok := state[ref.To]; ok && s.shifts(ref, state) {
			copied := copyOf(s.pinned(target, state, made))
			made(copied, ref.To)
			spec = withValue(spec, ref.Path, copied.Key.ID)
		}
	}
	return gateway.Resource{Key: r.Key, Spec: spec.(map[string]any), Origin: r.Origin}
}

// shifts reports whether what a reference names changes on the way, by itself or by what it works by.
func (s *schedule) shifts(ref gateway.Ref, state gateway.State) bool {
	if ref.Soft || !isDefinition(ref.To.Kind) || len(ref.Path) == 0 {
		return false
	}
	set := map[gateway.Key]bool{}
	closure(ref.To, set, state)
	for key := range set {
		if _, updated := s.updates[key]; updated {
			return true
		}
	}
	return false
}

// copyable reports whether everything that a detour would copy is known, as a gateway does not show every private key, and goes by no
// name: a list that lets a group in does not know its copy.
func (s *schedule) copyable(key gateway.Key) bool {
	known := true
	s.pinned(s.d.live[key], s.d.live, func(copied gateway.Resource, of gateway.Key) {
		known = known && len(gateway.Hidden(copied)) == 0 && !s.named[of]
	})
	if !known {
		s.d.warnings.Add(diag.Warningf(s.old(key).Origin.Place(nil), "no-detour",
			"requests to %s may meet a mixture of the old and the new while what it works by changes: that can't be copied, as the gateway does not show a private key of it", key).
			WithHint("change the two in two commits"))
	}
	return known
}

// copyOf returns a definition under an id that is derived from its own and from what it says: a pass that was cut off finds its copy
// again, and never another one under that id.
func copyOf(r gateway.Resource) gateway.Resource {
	spec := maps.Clone(r.Spec)
	delete(spec, "name")
	if r.Key.Kind.HasLabels() {
		spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
	}
	id := strings.TrimPrefix(r.Key.ID, gateway.DetourPrefix)
	sum := sha256.Sum256(gateway.AppendCanonical([]byte(id+" "), spec))
	return gateway.Resource{Key: gateway.Key{Kind: r.Key.Kind, ID: gateway.DetourPrefix + hex.EncodeToString(sum[:8])}, Spec: spec, Origin: r.Origin}
}

// withValue returns v with the value at path replaced. Only what is on the way is copied.
func withValue(v any, path gateway.Path, value any) any {
	if len(path) == 0 {
		return value
	}
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		out[path[0].Key] = withValue(v[path[0].Key], path[1:], value)
		return out
	case []any:
		out := slices.Clone(v)
		out[path[0].Index] = withValue(v[path[0].Index], path[1:], value)
		return out
	}
	return v
}

// hold makes updates wait for what must be on its way before.
func (w *detours) hold(updates map[stage][]Change) map[stage][]Change {
	for _, changes := range updates {
		for i, c := range changes {
			if users := w.need[c.Key]; len(users) > 0 {
				changes[i].Needs = slices.Concat(c.Needs, users)
			}
		}
	}
	return updates
}
