package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

func (a *app) renderCommand() *cobra.Command {
	var repo, output string
	var digest bool
	cmd := &cobra.Command{
		Use:   "render ENV[/GROUP]",
		Short: "Print the desired state of an environment, as it would be sent; secrets as ***",
		Args:  takes("ENV[/GROUP]"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.render(repo, args[0], output, digest)
		},
	}
	repoFlag(cmd, &repo)
	cmd.ValidArgsFunction = completeEnvironments(&repo, true)
	outputFlag(cmd, &output, "yaml", "json")
	cmd.Flags().BoolVar(&digest, "digest", false, "print the digest of the desired state alone")
	return cmd
}

func (a *app) render(repo, target, output string, digest bool) error {
	o, err := openOffline(repo)
	if err != nil {
		return err
	}
	env, groups, err := o.target(target)
	if err != nil {
		return err
	}
	states := map[string]gateway.State{}
	for _, group := range groups {
		state, faults := o.render(env, group)
		if err := faults.Err(); err != nil {
			return err
		}
		states[group] = state
	}
	if digest {
		return a.printDigests(env.Name, groups, states)
	}
	return a.printStates(env.Name, groups, states, output)
}

// target reads ENV or ENV/GROUP; without a group it means all of them.
func (o *offline) target(text string) (environments.Environment, []string, error) {
	name, group, one := strings.Cut(text, "/")
	env, err := o.find(name)
	if err != nil || !one {
		return env, env.Groups(), err
	}
	for _, known := range env.Groups() {
		if known == group {
			return env, []string{group}, nil
		}
	}
	if err := env.Faults.Err(); err != nil {
		return env, nil, err
	}
	hint := diag.DidYouMean(group, env.Groups(), "it has "+strings.Join(env.Groups(), ", "))
	return env, nil, fmt.Errorf("no gateway group %q in environment %q; %s", group, name, hint)
}

func (a *app) printDigests(env string, groups []string, states map[string]gateway.State) error {
	for _, group := range groups {
		if len(groups) == 1 {
			fmt.Fprintln(a.stdout, states[group].Digest())
			continue
		}
		fmt.Fprintf(a.stdout, "%s  %s/%s\n", states[group].Digest(), env, group)
	}
	return nil
}

// printStates prints one group as it is, and several as YAML documents or as a JSON object by group.
func (a *app) printStates(env string, groups []string, states map[string]gateway.State, output string) error {
	if output == "json" {
		if len(groups) == 1 {
			return a.write(output, states[groups[0]].Fragment())
		}
		all := map[string]any{}
		for _, group := range groups {
			all[group] = states[group].Fragment()
		}
		return a.write(output, all)
	}
	for _, group := range groups {
		if len(groups) > 1 {
			fmt.Fprintf(a.stdout, "---\n# %s/%s\n", env, group)
		}
		if err := strictyaml.Encode(a.stdout, states[group].Fragment()); err != nil {
			return err
		}
	}
	return nil
}
