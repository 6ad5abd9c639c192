package simulation

import (
	"maps"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// ignores are the fields that belong to others where an environment ignores any, as drift.ignore says them.
func ignores() []string { return []string{"upstreams/*:retries", "routes/r*:priority"} }

// ignoredField is the field of a resource that belongs to others; false when it has none.
func ignoredField(key gateway.Key) (string, bool) {
	switch {
	case key.Kind == gateway.Upstreams && !key.Temporary():
		return "retries", true
	case key.Kind == gateway.Routes && key.ID[0] == 'r':
		return "priority", true
	}
	return "", false
}

// strangerTunes lets somebody set a field that may be his.
func (w *world) strangerTunes() {
	s := w.sites[pick(w.dice, w.names...)]
	own := s.keys(func(h held) bool { return !h.foreign })
	var tuned []gateway.Key
	for _, key := range own {
		if _, may := ignoredField(key); may {
			tuned = append(tuned, key)
		}
	}
	if len(tuned) == 0 {
		return
	}
	key := pick(w.dice, tuned...)
	field, _ := ignoredField(key)
	spec := maps.Clone(s.live[key].spec)
	if spec[field] = w.dice.between(1, 20); w.dice.oneIn(4) {
		delete(spec, field)
	}
	s.drifted = true
	w.foreign(s, http.MethodPut, key, spec)
	s.tuned[key] = s.moves
}

// checkTuned wants a write to leave a field alone that the commit ignores. Who sets it between the last look of the daemon and its write is not
// seen by anybody.
func (w *world) checkTuned(s *site, r *request, key gateway.Key, entry record.Entry) {
	field, may := ignoredField(key)
	is, there := s.live[key]
	if !may || !there || r.method != http.MethodPut || !w.ignoring(entry) || s.tuned[key] > s.seen[key].at {
		return
	}
	was, had := is.spec[field]
	if now, has := specOf(r.body)[field]; has != had || had && !gateway.Equal(map[string]any{field: was}, map[string]any{field: now}) {
		w.breach("%s: commit %.7s ignores %s of %s, and writes %v over %v", s.name, entry.Commit, field, key, now, was)
	}
}

// ignoring reports whether the commit of an entry ignores fields.
func (w *world) ignoring(e record.Entry) bool {
	c, made := w.remote.all[e.Commit]
	return made && c.content.rollouts[e.Environment].ignore
}

// unignored is a body without the field that belongs to others.
func unignored(key gateway.Key, spec map[string]any) map[string]any {
	field, may := ignoredField(key)
	if !may {
		return spec
	}
	spec = maps.Clone(spec)
	delete(spec, field)
	return spec
}

// alike reports whether what is live is as desired, save what is ignored.
func (want want) alike(key gateway.Key, live map[string]any) bool {
	desired := want.state[key].Spec
	if want.ignores {
		desired, live = unignored(key, desired), unignored(key, live)
	}
	return gateway.Equal(live, desired)
}
