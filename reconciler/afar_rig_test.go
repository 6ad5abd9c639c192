package reconciler_test

import (
	"context"
	"encoding/json"
	"flag"
	"slices"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
)

// everyHand lets every test of the package that uses a rig have the work done by a Worker: `go test ./reconciler -afar`.
var everyHand = flag.Bool("afar", false, "let a worker do the work at all gateway groups")

// byWorker gives all groups a hand that is a worker with a journal, a renderer and a memory of its own, reached over JSON. The reconciler's
// own gateways can only be read.
func (r *rig) byWorker(config reconciler.Config) reconciler.Config {
	values := config.Values
	if r.values != nil {
		values = r.values
	}
	worker := reconciler.NewWorker(reconciler.Config{
		Source: config.Source, History: config.History, Root: config.Root, Groups: config.Groups, Keys: config.Keys, Values: values,
		Trust: r.vouches(config.Trust), Meter: config.Meter, Tracer: config.Tracer, Log: config.Log,
	}, config.Journal.View)
	config.Groups = slices.Clone(config.Groups)
	for i := range config.Groups {
		group := &config.Groups[i]
		group.Gateway, group.At = readOnly{group.Gateway, r.t}, nil
		group.Hand = overJSON{worker, r}
		if r.over != nil {
			group.Hand = r.over(group.Hand)
		}
	}
	return config
}

// readOnly is a gateway whose writes are faults of the test.
type readOnly struct {
	reconciler.Gateway
	t *testing.T
}

func (g readOnly) Put(_ context.Context, resource gateway.Resource) error {
	g.t.Errorf("the leader has written %s", resource.Key)
	return nil
}

func (g readOnly) Delete(_ context.Context, key gateway.Key) error {
	g.t.Errorf("the leader has deleted %s", key)
	return nil
}

func (g readOnly) Settle(_ context.Context, keys []gateway.Key) (bool, error) {
	g.t.Errorf("the leader waits for %d keys", len(keys))
	return false, nil
}

// overJSON is a hand that understands nothing but bytes.
type overJSON struct {
	hand reconciler.Hand
	rig  *rig
}

func again[T any](r *rig, value T) T {
	t := r.t
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Error(err)
	}
	r.mu.Lock()
	r.passed = append(r.passed, string(text))
	r.mu.Unlock()
	var read T
	if err := json.Unmarshal(text, &read); err != nil {
		t.Error(err)
	}
	return read
}

func (h overJSON) Look(ctx context.Context, look reconciler.Look) (reconciler.Finding, error) {
	found, err := h.hand.Look(ctx, again(h.rig, look))
	return again(h.rig, found), err
}

func (h overJSON) Settle(ctx context.Context, settle reconciler.Settle) (reconciler.Settled, error) {
	settled, err := h.hand.Settle(ctx, again(h.rig, settle))
	return again(h.rig, settled), err
}

func (h overJSON) Carry(ctx context.Context, carry reconciler.Carry) (reconciler.Carried, error) {
	carried, err := h.hand.Carry(ctx, again(h.rig, carry))
	return again(h.rig, carried), err
}

// vouches is what the worker trusts: what the reconciler does, unless the test says otherwise.
func (r *rig) vouches(trust func(string) error) func(string) error {
	if r.trusts != nil {
		return r.trusts
	}
	return trust
}
