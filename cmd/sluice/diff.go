package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/skew"
	"github.com/sluice-gitops/sluice/source"
)

func (a *app) diffCommand() *cobra.Command {
	var repo, output string
	var all bool
	cmd := &cobra.Command{
		Use:   "diff ENV ENV | COMMIT COMMIT ENV[/GROUP]",
		Short: "Compare two environments, or one at two commits; exit status 2 when they differ",
		Long: `With two environments diff says what the second has that the first lacks, and the other way round. What differs only because
the two have other variables is meant to differ, and left out. With two commits it says what they change in one environment.`,
		Example: `  sluice diff prod uat
  sluice diff HEAD~3 HEAD prod
  sluice diff 1a2b3c4 main prod/prod-eu`,
		Args: takes("FIRST", "SECOND", "[ENV[/GROUP]]"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 2 {
				return a.diffEnvironments(repo, args, all, output)
			}
			return a.diffCommits(repo, args, output)
		},
	}
	repoFlag(cmd, &repo)
	cmd.Flags().BoolVar(&all, "all", false, "show also what differs because of variables")
	outputFlag(cmd, &output, "text", "json", "yaml")
	cmd.ValidArgsFunction = completeTwo(&repo)
	return cmd
}

// completeTwo offers environments for the first two arguments.
func completeTwo(repo *string) cobra.CompletionFunc {
	one := completeEnvironments(repo, true)
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) < 3 {
			args = nil
		}
		return one(cmd, args, word)
	}
}

func (a *app) diffEnvironments(repo string, names []string, all bool, output string) error {
	o, err := openOffline(repo)
	if err != nil {
		return err
	}
	first, errFirst := o.side(names[0])
	second, errSecond := o.side(names[1])
	if err := errors.Join(errFirst, errSecond); err != nil {
		return err
	}
	found, meant := skew.Environments(first, second), 0
	if !all {
		found, meant = skew.Unmeant(found)
	}
	doc := skew.Document{First: first.Name, Second: second.Name, Meant: meant}
	return a.printDiff(doc, found, first.Name, second.Name, output)
}

func (a *app) diffCommits(repo string, args []string, output string) error {
	root, err := repoRoot(repo)
	if err != nil {
		return err
	}
	work := newWorkTree(root)
	first, before, errFirst := work.sideAt(args[0], args[2])
	second, after, errSecond := work.sideAt(args[1], args[2])
	if err := errors.Join(errFirst, errSecond); err != nil {
		return err
	}
	if first.Name == "" && second.Name == "" {
		return fmt.Errorf("no environment %q in commit %s or %s", args[2], before.Short(), after.Short())
	}
	doc := skew.Document{First: before.Hash, Second: after.Hash, Environment: args[2]}
	return a.printDiff(doc, skew.Commits(first, second), before.Short(), after.Short(), output)
}

// side renders an environment, or one of its gateway groups.
func (o *offline) side(target string) (skew.Side, error) {
	env, groups, err := o.target(target)
	if err != nil {
		return skew.Side{}, err
	}
	side := skew.Side{Name: target, Groups: groups, States: map[string]gateway.State{}}
	var faults diag.List
	for _, group := range groups {
		state, found := o.render(env, group)
		faults.Add(found...)
		side.States[group] = state
	}
	if len(groups) == 0 {
		faults.Add(env.Faults...)
	}
	return side, faults.Err()
}

// sideAt renders an environment as a commit has it. A commit that has it not lacks everything.
func (w *workTree) sideAt(commit, target string) (skew.Side, source.Commit, error) {
	snapshot, err := w.At(commit)
	if err != nil {
		return skew.Side{}, snapshot.Commit, err
	}
	hash := snapshot.Commit.Hash
	o := newOffline(snapshot.FS, func(text string) (source.Snapshot, error) { return w.Ancestor(text, hash) })
	name, _, _ := strings.Cut(target, "/")
	if _, ok := o.tree.Find(name); !ok && !o.tree.Faults.HasErrors() {
		return skew.Side{}, snapshot.Commit, nil
	}
	side, err := o.side(target)
	if err != nil {
		err = atCommit(snapshot.Commit, err)
	}
	return side, snapshot.Commit, err
}

// atCommit says of faults which commit they are in.
func atCommit(commit source.Commit, err error) error {
	faults, others := split(err)
	errs := []error{faults.At(commit.Hash).Err()}
	for _, other := range others {
		errs = append(errs, fmt.Errorf("commit %s: %w", commit.Short(), other))
	}
	return errors.Join(errs...)
}

// printDiff prints differences; that there are some is the exit status.
func (a *app) printDiff(doc skew.Document, found []skew.Difference, first, second, output string) error {
	doc.Resources = skew.Documents(found)
	if output != "text" {
		if err := a.write(output, doc); err != nil {
			return err
		}
	} else {
		a.printDiffText(doc, found, first, second)
	}
	if len(found) > 0 {
		return errDifferences
	}
	return nil
}

func (a *app) printDiffText(doc skew.Document, found []skew.Difference, first, second string) {
	paint := painter(a.stdout)
	colours := map[skew.Op]string{skew.OnlySecond: green, skew.OnlyFirst: red, skew.Differs: yellow}
	skew.Text(a.stdout, first, second, found, func(op skew.Op, text string) string { return paint(colours[op], text) })
	if doc.Meant > 0 {
		fmt.Fprintf(a.stderr, "sluice: %s left out that only variables make differ; --all shows them\n", count(doc.Meant, "field"))
	}
}
