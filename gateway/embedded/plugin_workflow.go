package embedded

import (
	"fmt"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
)

// workflowRule is one rule of a workflow: for which requests, and what it does. Only the first action counts, as in the real
// gateway.
type workflowRule struct {
	holds  condition // nil: always
	action func(*exchange) *answer
}

func buildWorkflow(g *Gateway, owner gateway.Key, conf map[string]any, p *plugin) {
	var rules []workflowRule
	for i, raw := range objects(conf["rules"]) {
		rule := workflowRule{}
		if vars, ok := raw["case"].([]any); ok {
			// What the check let through parses.
			rule.holds, _ = parseVars(vars)
		}
		actions, _ := raw["actions"].([]any)
		if len(actions) > 0 {
			step := gateway.Key{Kind: owner.Kind, ID: fmt.Sprintf("%s/workflow/%d", owner.ID, i)}
			rule.action = g.workflowAction(step, actions[0])
		}
		rules = append(rules, rule)
	}
	p.access = func(x *exchange) *answer {
		for _, rule := range rules {
			if rule.holds != nil && !rule.holds(x.variable) {
				continue
			}
			if rule.action == nil {
				return nil
			}
			return rule.action(x)
		}
		return nil
	}
}

// workflowAction returns nil for an action that does no work here.
func (g *Gateway) workflowAction(owner gateway.Key, v any) func(*exchange) *answer {
	pair, _ := v.([]any)
	if len(pair) < 2 {
		return nil
	}
	conf, _ := pair[1].(map[string]any)
	switch pair[0] {
	case "return":
		status := int(number(conf["code"]))
		return func(*exchange) *answer {
			return &answer{status: status, body: map[string]any{"error_msg": "rejected by workflow"}}
		}
	case "limit-count":
		inner := &plugin{}
		buildLimitCount(g, owner, g.catalogue.plugins["limit-count"].schema.filledMap(conf), inner)
		return inner.access
	}
	return nil
}

// runsCode answers for a resource that code in Lua decides on. There is none here, and what it keeps out must stay out.
func runsCode(field string) *answer {
	return refused(http.StatusNotImplemented, fmt.Sprintf("the embedded gateway does not run %s, so it lets nobody through", field))
}
