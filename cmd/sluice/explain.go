package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

func (a *app) explainCommand() *cobra.Command {
	var repo string
	cmd := &cobra.Command{
		Use:   "explain ENV[/GROUP] KIND/ID [FIELD]",
		Short: "Say where a value comes from, and what it overrides",
		Example: `  sluice explain prod routes/users-read timeout.read
  sluice explain prod/prod-us services/users`,
		Args: takes("ENV[/GROUP]", "KIND/ID", "[FIELD]"),
		RunE: func(_ *cobra.Command, args []string) error { return a.explain(repo, args) },
	}
	repoFlag(cmd, &repo)
	cmd.ValidArgsFunction = completeEnvironments(&repo, true)
	return cmd
}

func (a *app) explain(repo string, args []string) error {
	key, err := parseKey(args[1])
	if err != nil {
		return usageError{err}
	}
	var path gateway.Path
	if len(args) == 3 {
		if path, err = gateway.ParsePath(args[2]); err != nil {
			return usageError{err}
		}
	}
	o, err := openOffline(repo)
	if err != nil {
		return err
	}
	env, groups, err := o.target(args[0])
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for _, group := range groups {
		state, faults := o.render(env, group)
		if err := faults.Err(); err != nil {
			return err
		}
		if texts[group], err = explainIn(state, key, path); err != nil {
			return fmt.Errorf("%s/%s: %w", env.Name, group, err)
		}
	}
	a.printExplanations(env.Name, groups, texts)
	return nil
}

// parseKey reads KIND/ID, and names the kind that was meant by one that does not exist.
func parseKey(text string) (gateway.Key, error) {
	key, err := gateway.ParseKey(text)
	kind, id, _ := strings.Cut(text, "/")
	if err == nil || id == "" || gateway.Kind(kind).Valid() {
		return key, err
	}
	var kinds []string
	for _, known := range gateway.Kinds() {
		kinds = append(kinds, string(known))
	}
	return key, fmt.Errorf("no kind %q; %s", kind, diag.DidYouMean(kind, kinds, "there are "+strings.Join(kinds, ", ")))
}

func explainIn(state gateway.State, key gateway.Key, path gateway.Path) (string, error) {
	if _, ok := state[key]; !ok {
		var names []string
		for known := range state {
			names = append(names, known.String())
		}
		return "", fmt.Errorf("no %s; %s", key, diag.DidYouMean(key.String(), names, "`sluice render` shows what there is"))
	}
	explanation, err := render.Explain(state, key, path)
	if err != nil {
		return "", err
	}
	return explanation.String(), nil
}

// printExplanations prints one text when all groups agree, and each with its group when they don't.
func (a *app) printExplanations(env string, groups []string, texts map[string]string) {
	same := true
	for _, group := range groups {
		same = same && texts[group] == texts[groups[0]]
	}
	if same {
		fmt.Fprintln(a.stdout, texts[groups[0]])
		return
	}
	for _, group := range groups {
		fmt.Fprintf(a.stdout, "%s/%s: %s\n", env, group, texts[group])
	}
}
