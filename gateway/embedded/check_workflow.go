package embedded

import (
	"errors"
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// checkWorkflow looks into the actions of a workflow, each [name, configuration].
func (g *Gateway) checkWorkflow(conf map[string]any) error {
	for _, rule := range objects(conf["rules"]) {
		if vars, ok := rule["case"].([]any); ok {
			if _, err := parseVars(vars); err != nil {
				return fmt.Errorf("failed to validate the 'case' expression: %w", err)
			}
		}
		actions, _ := rule["actions"].([]any)
		for _, action := range actions {
			if err := g.checkAction(action); err != nil {
				return err
			}
		}
	}
	return nil
}

// workflowActions are the plugins that a workflow may run.
var workflowActions = map[string]bool{"limit-count": true, "limit-conn": true}

func (g *Gateway) checkAction(v any) error {
	action, _ := v.([]any)
	if len(action) == 0 {
		return errors.New("actions should not be empty")
	}
	name := textOr(action[0], "")
	if name == "return" {
		return nil
	}
	if !workflowActions[name] {
		return fmt.Errorf("unsupported action: %s", name)
	}
	if len(action) < 2 {
		return fmt.Errorf("failed to validate the '%s' action: no configuration", name)
	}
	if s, ok := g.catalogue.plugin(name, gateway.Routes); ok {
		if err := s.check(action[1]); err != nil {
			return fmt.Errorf("failed to validate the '%s' action: %w", name, err)
		}
	}
	return nil
}
