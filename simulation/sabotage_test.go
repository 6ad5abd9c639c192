package simulation

import (
	"bytes"
	"context"
	"maps"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/verify"
)

// sabotaged is one way in which the daemon is broken.
type sabotaged struct {
	sabotage Sabotage
	seen     []string // one of them is part of what the run says
	before   uint64   // the seed before the first that is played: some ways need what few runs have
}

// TestSabotageIsSeen breaks the daemon in one way after another: each is seen within a few seeds, for what it is.
func TestSabotageIsSeen(t *testing.T) {
	for _, test := range sabotages() {
		t.Run(test.sabotage.Name, func(t *testing.T) {
			t.Parallel()
			const most, steps = 12, 150
			for seed := range uint64(most) {
				broken := play(t, test.before+seed+1, Options{Steps: steps, Rest: 6000, Sabotage: &test.sabotage, Ends: true}).Broken
				for _, part := range test.seen {
					if strings.Contains(broken, part) {
						t.Logf("seed %d: %s", test.before+seed+1, broken)
						return
					}
				}
			}
			t.Errorf("not seen in %d seeds", most)
		})
	}
}

func sabotages() []sabotaged {
	return []sabotaged{
		{Sabotage{Name: "writes before it begins", Lies: holds(`"type":"begin"`)}, []string{"no entry was begun"}, 0},
		{Sabotage{Name: "never finishes", Lies: holds(`"type":"finish"`)}, []string{"never finished", "no entry was begun"}, 0},
		{Sabotage{Name: "leaves torn lines", Stuck: true}, []string{"the journal is broken", "the chain of the journal is broken"}, 8},
		{Sabotage{Name: "waits for no barrier", Config: gateways(impatient)}, []string{"which the worker does not have"}, 0},
		{Sabotage{Name: "takes everything for its own", Config: gateways(greedy)}, []string{"which is not owned"}, 0},
		{Sabotage{Name: "believes its own writes", Config: gateways(gullible)}, []string{"nobody has looked at"}, 2},
		{Sabotage{Name: "forgets the label", Config: gateways(careless)}, []string{"without the label"}, 0},
		{Sabotage{Name: "leaves the lock out", Config: gateways(unlocking)}, []string{"open to everybody"}, 0},
		{Sabotage{Name: "writes what nobody wants", Config: gateways(generous)}, []string{"does not want"}, 0},
		{Sabotage{Name: "deletes nothing", Config: gateways(keeping)}, []string{"was still there", "is left", "should be applied", "does not come to rest"}, 23},
		{Sabotage{Name: "skips the stages", Config: func(c *reconciler.Config) { c.Source, c.History = flat{c.Source, c.History}, flat{c.Source, c.History} }},
			[]string{"before test has it", "before uat has it", "before load has it"}, 0},
		{Sabotage{Name: "is deaf", Config: func(c *reconciler.Config) { c.Source = &deaf{Source: c.Source} }}, []string{"should be applied", "should be failed"}, 5},
		{Sabotage{Name: "verifies nothing", Config: func(c *reconciler.Config) { c.Verifier = trusting{} }}, []string{"was not verified"}, 0},
		{Sabotage{Name: "never looks for drift", Config: func(c *reconciler.Config) { c.DriftInterval = 1000 * time.Hour }},
			[]string{"is missing", "is another", "is left"}, 135},
		{Sabotage{Name: "knows no windows", Config: layout(without("rollout", "windows"))}, []string{"begins at"}, 3},
		{Sabotage{Name: "knows no freeze", Config: layout(without("rollout", "freeze"))}, []string{"begins at"}, 7},
		{Sabotage{Name: "knows no pause in Git", Config: layout(without("paused"))}, []string{"is paused"}, 26},
		{Sabotage{Name: "heals what it is to tell", Config: layout(without("drift"))}, []string{"is only to be told"}, 13},
		{Sabotage{Name: "knows no guard", Config: layout(func(file map[string]any) {
			file["guard"] = map[string]any{"maxDeletes": 1000, "maxDeletePercent": 100}
		})}, []string{"should be held", "past the guard"}, 5},
		{Sabotage{Name: "lets newer commits by", Config: layout(without("rollout", "queue"))}, []string{"has its turn"}, 5},
		{Sabotage{Name: "never rolls back", Config: layout(without("rollout", "onFailure"))}, []string{"was not rolled back"}, 3},
		{Sabotage{Name: "knows no canary", Config: layout(without("rollout", "canary"))}, []string{"goes from step 0 to step"}, 1},
		{Sabotage{Name: "waits at no step", Config: func(c *reconciler.Config) { c.Verifier = hasty{c.Verifier} }}, []string{"has not held"}, 1},
		{Sabotage{Name: "lets a share fall", Config: gateways(falling)}, []string{"falls from"}, 1},
		{Sabotage{Name: "leaves the split", Config: gateways(clinging)}, []string{"was seen to be", "gets a share of", "is another", "should be applied"}, 3},
		{Sabotage{Name: "reloads and waits for nobody", Hasty: true}, []string{"no entry was begun", "never finished"}, 9},
		{Sabotage{Name: "minds what is ignored", Config: layout(without("drift", "ignore"))}, []string{"and writes"}, 1},
		{Sabotage{Name: "ignores too much", Config: layout(func(file map[string]any) {
			file["drift"] = map[string]any{"mode": "heal", "ignore": append(ignores(), "routes/*:desc", "services/*:desc", "upstreams/*:desc")}
		})}, []string{"is another", "was seen to be"}, 3},
		{Sabotage{Name: "knows no pins", Config: layout(func(file map[string]any) { file["extends"] = []any{"base"} })}, []string{"the pin to", "and the commit", "should be"}, 2},
		{Sabotage{Name: "posts out of order", Posts: func(d *forge.Delivery) { d.Forge = &regretful{Statuses: d.Forge, before: map[string]forge.Status{}} }}, []string{"an older status is posted"}, 0},
		{Sabotage{Name: "forgets the outbox at a crash", Posts: func(d *forge.Delivery) { d.Outbox = &newborn{box: d.Outbox} }},
			[]string{"and the journal says", "nothing is shown of"}, 0},
		{Sabotage{Name: "believes that every status was taken", Posts: func(d *forge.Delivery) { d.Forge = deafTo{d.Forge} }},
			[]string{"and the journal says", "nothing is shown of"}, 10},
		{Sabotage{Name: "posts what it hopes for", Posts: func(d *forge.Delivery) { d.Forge = hopeful{d.Forge} }}, []string{"in no journal"}, 0},
	}
}

func holds(text string) func([]byte) bool {
	return func(line []byte) bool { return bytes.Contains(line, []byte(text)) }
}

// gateways puts something between the daemon and its clients.
func gateways(between func(reconciler.Gateway) reconciler.Gateway) func(*reconciler.Config) {
	return func(c *reconciler.Config) {
		for i := range c.Groups {
			c.Groups[i].Gateway = between(c.Groups[i].Gateway)
		}
	}
}

// mutant is a client that is broken in some ways.
type mutant struct {
	reconciler.Gateway
	settle func(context.Context, []gateway.Key) (bool, error)
	live   func(gateway.State) gateway.State
	del    func(context.Context, gateway.Key) error
	put    func(context.Context, gateway.Resource) error
	read   func([]gateway.Key) gateway.State
}

// Settle waits, or not.
func (m mutant) Settle(ctx context.Context, keys []gateway.Key) (bool, error) {
	if m.settle != nil {
		return m.settle(ctx, keys)
	}
	return m.Gateway.Settle(ctx, keys)
}

// Live shows what is there, or something else.
func (m mutant) Live(ctx context.Context) (gateway.State, error) {
	live, err := m.Gateway.Live(ctx)
	if m.live != nil && err == nil {
		live = m.live(live)
	}
	return live, err
}

// Delete deletes, or not.
func (m mutant) Delete(ctx context.Context, key gateway.Key) error {
	if m.del != nil {
		return m.del(ctx, key)
	}
	return m.Gateway.Delete(ctx, key)
}

// Put writes, or something like it.
func (m mutant) Put(ctx context.Context, r gateway.Resource) error {
	if m.put != nil {
		return m.put(ctx, r)
	}
	return m.Gateway.Put(ctx, r)
}

// Read asks, or remembers.
func (m mutant) Read(ctx context.Context, keys []gateway.Key) (gateway.State, error) {
	if m.read != nil {
		return m.read(keys), nil
	}
	return m.Gateway.Read(ctx, keys)
}

func impatient(gw reconciler.Gateway) reconciler.Gateway {
	return mutant{Gateway: gw, settle: func(context.Context, []gateway.Key) (bool, error) { return true, nil }}
}

func greedy(gw reconciler.Gateway) reconciler.Gateway {
	return mutant{Gateway: gw, live: func(live gateway.State) gateway.State {
		for key, resource := range live {
			if key.Kind.HasLabels() {
				live[key] = with(resource, "labels", map[string]any{gateway.ManagedBy: gateway.ManagedBySluice})
			}
		}
		return live
	}}
}

func with(r gateway.Resource, field string, value any) gateway.Resource {
	r.Spec = maps.Clone(r.Spec)
	r.Spec[field] = value
	return r
}

// gullible remembers what it has put and shows that.
func gullible(gw reconciler.Gateway) reconciler.Gateway {
	var mu sync.Mutex
	written := gateway.State{}
	return mutant{
		Gateway: gw,
		put: func(ctx context.Context, r gateway.Resource) error {
			err := gw.Put(ctx, r)
			mu.Lock()
			defer mu.Unlock()
			written[r.Key] = r
			return err
		},
		read: func(keys []gateway.Key) gateway.State {
			mu.Lock()
			defer mu.Unlock()
			shown := gateway.State{}
			for _, key := range keys {
				if r, ok := written[key]; ok {
					shown[key] = r
				}
			}
			return shown
		},
	}
}

func careless(gw reconciler.Gateway) reconciler.Gateway {
	return mutant{Gateway: gw, put: func(ctx context.Context, r gateway.Resource) error {
		return gw.Put(ctx, with(r, "labels", map[string]any{"somebody": "else"}))
	}}
}

func unlocking(gw reconciler.Gateway) reconciler.Gateway {
	return mutant{Gateway: gw, put: func(ctx context.Context, r gateway.Resource) error {
		if locks(r.Spec) && r.Key.Kind == gateway.Routes {
			r = with(r, "plugins", map[string]any{})
		}
		return gw.Put(ctx, r)
	}}
}

func generous(gw reconciler.Gateway) reconciler.Gateway {
	return mutant{Gateway: gw, put: func(ctx context.Context, r gateway.Resource) error {
		if err := gw.Put(ctx, r); err != nil || r.Key.Kind != gateway.Upstreams {
			return err
		}
		r.Key.ID += "-copy"
		return gw.Put(ctx, r)
	}}
}

// keeping says that it has deleted.
func keeping(gw reconciler.Gateway) reconciler.Gateway {
	return mutant{Gateway: gw, del: func(context.Context, gateway.Key) error { return nil }}
}

// flat shows every environment as one that waits for no other.
type flat struct {
	reconciler.Source
	reconciler.History
}

func (flat) change(snapshot source.Snapshot, err error) (source.Snapshot, error) {
	if err != nil {
		return snapshot, err
	}
	files := map[string]string{}
	for path, file := range snapshot.FS.(tree).MapFS {
		files[path] = afterList.ReplaceAllString(string(file.Data), "")
	}
	flat := newTree(files)
	flat.hashes["."] = snapshot.FS.(tree).hashes["."] // the verifier knows the commit by it
	snapshot.FS = flat
	return snapshot, nil
}

// Latest flattens the newest commit.
func (f flat) Latest(ctx context.Context) (source.Snapshot, error) {
	return f.change(f.Source.Latest(ctx))
}

// At flattens an earlier one.
func (f flat) At(hash string) (source.Snapshot, error) { return f.change(f.History.At(hash)) }

var afterList = regexp.MustCompile(`"after": \[[^\]]*\],`)

// trusting finds that everything holds.
type trusting struct{}

// Faults finds none.
func (trusting) Faults(verify.Wave) diag.List { return nil }

// Verify looks at nothing.
func (trusting) Verify(context.Context, verify.Wave, func(string)) verify.Report {
	return verify.Report{}
}

// deaf never hears of another commit than its first.
type deaf struct {
	reconciler.Source
	mu    sync.Mutex
	first *source.Snapshot
}

// Latest asks once.
func (d *deaf) Latest(ctx context.Context) (source.Snapshot, error) {
	d.mu.Lock()
	first := d.first
	d.mu.Unlock()
	if first != nil {
		return *first, nil
	}
	snapshot, err := d.Source.Latest(ctx)
	if err == nil {
		d.mu.Lock()
		d.first = &snapshot
		d.mu.Unlock()
	}
	return snapshot, err
}

// Head says that nothing is new.
func (d *deaf) Head(ctx context.Context) (string, error) {
	snapshot, err := d.Latest(ctx)
	return snapshot.Commit.Hash, err
}
