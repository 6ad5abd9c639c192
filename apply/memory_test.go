package apply_test

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// memory is a gateway group in memory that checks references at every write, as the Admin API does.
type memory struct {
	mu      sync.Mutex
	state   gateway.State
	calls   []string
	running int
	most    int // the most calls that ran at once
	refuse  map[gateway.Key]gateway.Class
	settled [][]gateway.Key
	settle  func() (bool, error)
	before  func(ctx context.Context, call string)
}

func newMemory(resources ...gateway.Resource) *memory {
	m := &memory{state: gateway.State{}, refuse: map[gateway.Key]gateway.Class{}}
	for _, r := range resources {
		m.state[r.Key] = r
	}
	return m
}

func (m *memory) Put(ctx context.Context, r gateway.Resource) error {
	defer m.enter(ctx, "put "+r.Key.String())()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("put", r.Key); err != nil {
		return err
	}
	for _, ref := range gateway.Refs(r) {
		if _, found := m.state[ref.To]; !found && !ref.Soft {
			return refusal("put", r.Key, fmt.Sprintf("%s does not exist", ref.To))
		}
	}
	m.state[r.Key] = r
	return nil
}

func (m *memory) Delete(ctx context.Context, k gateway.Key) error {
	defer m.enter(ctx, "delete "+k.String())()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("delete", k); err != nil {
		return err
	}
	for _, r := range m.state {
		for _, ref := range gateway.Refs(r) {
			if ref.To == k && !ref.Soft {
				return refusal("delete", k, fmt.Sprintf("%s is still using it now", r.Key))
			}
		}
	}
	delete(m.state, k)
	return nil
}

func (m *memory) Settle(ctx context.Context, changed []gateway.Key) (bool, error) {
	defer m.enter(ctx, "settle")()
	m.settled = append(m.settled, changed)
	if m.settle != nil {
		return m.settle()
	}
	return true, nil
}

func (m *memory) enter(ctx context.Context, call string) (leave func()) {
	m.mu.Lock()
	m.calls = append(m.calls, call)
	m.running++
	m.most = max(m.most, m.running)
	m.mu.Unlock()
	if m.before != nil {
		m.before(ctx, call)
	}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.running--
	}
}

func (m *memory) fault(op string, k gateway.Key) error {
	if class, found := m.refuse[k]; found {
		return &gateway.Error{Class: class, Op: op, Key: k, Reason: "as the test wants it"}
	}
	return nil
}

func (m *memory) snapshot() gateway.State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.state)
}

func refusal(op string, k gateway.Key, reason string) error {
	return &gateway.Error{Class: gateway.Refused, Op: op, Key: k, Status: 400, Reason: reason}
}

// res makes a resource from pairs of field and value.
func res(key string, pairs ...any) gateway.Resource {
	k, err := gateway.ParseKey(key)
	if err != nil {
		panic(err)
	}
	spec := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		spec[pairs[i].(string)] = pairs[i+1]
	}
	return gateway.Resource{Key: k, Spec: spec}
}

func create(r gateway.Resource) plan.Change {
	return plan.Change{Op: plan.Create, Key: r.Key, New: &r, Fields: []plan.Field{{}}}
}

func update(from, to gateway.Resource) plan.Change {
	return plan.Change{Op: plan.Update, Key: to.Key, Old: &from, New: &to, Fields: []plan.Field{{}}}
}

func remove(r gateway.Resource) plan.Change {
	return plan.Change{Op: plan.Delete, Key: r.Key, Old: &r, Fields: []plan.Field{{}}}
}

func adopt(r gateway.Resource) plan.Change {
	return plan.Change{Op: plan.Adopt, Key: r.Key, Old: &r, New: &r}
}

func step(phase plan.Phase, barrier bool, changes ...plan.Change) plan.Step {
	for i := range changes {
		changes[i].Phase = phase
	}
	return plan.Step{Phase: phase, Barrier: barrier, Changes: changes}
}
