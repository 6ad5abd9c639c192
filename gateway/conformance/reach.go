package conformance

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// reach plans and applies what leads from what is there to desired, and wants the next plan to be empty.
func (s *suite) reach(ctx context.Context, desired gateway.State) error {
	p, err := s.plan(ctx, desired)
	if err != nil {
		return err
	}
	for _, change := range p.Changes() {
		s.made[change.Key] = true
	}
	if _, err := apply.Run(ctx, s.client, p, apply.Options{}); err != nil {
		return err
	}
	again, err := s.plan(ctx, desired)
	if err != nil {
		return err
	}
	if !again.Empty() {
		return fmt.Errorf("a second pass would change %s", summary(again))
	}
	return nil
}

// plan compares desired with what the suite has made so far.
func (s *suite) plan(ctx context.Context, desired gateway.State) (plan.Plan, error) {
	keys := maps.Clone(s.made)
	for key := range desired {
		keys[key] = true
	}
	all := keysOf(keys)
	live, err := s.client.Read(ctx, all)
	if err != nil {
		return plan.Plan{}, err
	}
	return plan.New(desired, gateway.Align(desired, live, s.defaults), plan.Policy{Empty: true, Inventory: all}), nil
}

// summary names the first changes and what differs.
func summary(p plan.Plan) string {
	var words []string
	for _, change := range p.Changes() {
		word := string(change.Op) + " " + change.Key.String()
		for _, field := range change.Fields {
			word += fmt.Sprintf(" (%s: %s → %s)", field.Path, gateway.Show(field.Old), gateway.Show(field.New))
		}
		words = append(words, word)
		if len(words) == 3 {
			break
		}
	}
	return strings.Join(words, "; ")
}

// put writes one resource by itself, and remembers that it has to go.
func (s *suite) put(ctx context.Context, r gateway.Resource) error {
	s.made[r.Key] = true
	return s.client.Put(ctx, r)
}

// resource makes one as the renderer would: sealed, and with the label of ownership.
func resource(kind gateway.Kind, id string, spec map[string]any) gateway.Resource {
	key := gateway.Key{Kind: kind, ID: id}
	spec = maps.Clone(spec)
	if kind.HasLabels() {
		labels := map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		if written, ok := spec["labels"].(map[string]any); ok {
			maps.Copy(labels, written)
		}
		spec["labels"] = labels
	}
	return gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}
}

func stateOf(resources ...gateway.Resource) gateway.State {
	state := gateway.State{}
	for _, r := range resources {
		state[r.Key] = r
	}
	return state
}
