package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/promotion"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
)

// revertDocument is the machine form of a revert: the contract of `sluice revert -o json` (docs/cli.md).
type revertDocument struct {
	Reverts     string          `json:"reverts"` // the commit that is taken back
	Subject     string          `json:"subject"`
	Before      string          `json:"before"` // its first parent, or what --to names
	Nothing     bool            `json:"nothing,omitempty"`
	Groups      []revertedGroup `json:"groups"`
	Branch      string          `json:"branch,omitempty"` // absent when nothing was written
	Commit      string          `json:"commit,omitempty"` // the one that takes it back
	PullRequest *openedPull     `json:"pullRequest,omitempty"`

	Push bool `json:"-"` // the branch is in a local clone only
	All  bool `json:"-"` // what came after Before is taken back as well
}

// revertedGroup is what a gateway group is brought to.
type revertedGroup struct {
	Environment string `json:"environment"`
	Group       string `json:"group"`
	Digest      string `json:"digest,omitempty"`   // of the desired state
	Restores    string `json:"restores,omitempty"` // the commit that was verified with this digest; absent when none was
	Changes     string `json:"changes,omitempty"`  // counted, against live
	Error       string `json:"error,omitempty"`    // why there is no plan
}

type openedPull struct {
	Number int    `json:"number"`
	URL    string `json:"url"`
}

// comesBack plans the revert for every environment, and looks up what was verified with the digests that it comes to.
func comesBack(ctx context.Context, s settings.Settings, repository *source.Repository, as source.Snapshot) ([]revertedGroup, error) {
	past, err := daemon.ReadJournal(s)
	if errors.Is(err, fs.ErrNotExist) {
		past, err = &record.View{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer past.Close()
	planner, done, err := openPlanner(s, repository)
	if err != nil { // a gateway that can't be reached from here keeps no commit from being taken back
		return withoutPlan(s, repository, past, as, err)
	}
	defer done()
	tree, err := planner.Load(as)
	if err == nil {
		err = tree.Faults.Err()
	}
	if err != nil {
		return nil, err
	}
	groups := []revertedGroup{}
	for _, env := range tree.Environments {
		plans, err := planner.Plan(ctx, as, tree, env.Name)
		if err != nil {
			for _, group := range env.Groups() {
				groups = append(groups, revertedGroup{Environment: env.Name, Group: group, Error: err.Error()})
			}
		}
		for _, plan := range plans {
			groups = append(groups, restored(past, env.Name, plan))
		}
	}
	return groups, nil
}

// withoutPlan looks up the digests alone, and says with each group why there is no plan.
func withoutPlan(s settings.Settings, repository *source.Repository, past *record.View, as source.Snapshot, why error) ([]revertedGroup, error) {
	fsys, err := fs.Sub(as.FS, s.Repository.Root)
	if err != nil {
		return nil, err
	}
	beside, renderer := promotion.Below(repository, s.Repository.Root), render.New()
	renderer.Keys = daemon.Keys(s.SOPS)
	tree := environments.LoadPinned(fsys, renderer.Keys, func(text string) (source.Snapshot, error) {
		return beside.Ancestor(text, as.Commit.Hash)
	})
	if err := tree.Faults.Err(); err != nil {
		return nil, err
	}
	groups := []revertedGroup{}
	for _, env := range tree.Environments {
		for _, group := range env.Groups() {
			digest, faults := renderer.Digest(fsys, tree, env, group, s.Values())
			why := why
			if faults.HasErrors() {
				why = errors.New(firstFault(faults))
			}
			groups = append(groups, restored(past, env.Name, reconciler.GroupPlan{Group: group, Digest: digest, Err: why}))
		}
	}
	return groups, nil
}

func restored(past *record.View, environment string, plan reconciler.GroupPlan) revertedGroup {
	one := revertedGroup{Environment: environment, Group: plan.Group, Digest: plan.Digest}
	if earlier, ok := past.Verified(environment, plan.Group, plan.Digest); ok {
		one.Restores = earlier.Commit
	}
	switch {
	case plan.Err != nil:
		one.Error = plan.Err.Error()
	case plan.Faults.HasErrors():
		one.Error = firstFault(plan.Faults)
	default:
		one.Changes = plan.Plan.Summary()
	}
	return one
}

// restores says line by line what each gateway group is brought to.
func (d revertDocument) restores() string {
	var b strings.Builder
	for _, group := range d.Groups {
		fmt.Fprintf(&b, "%s/%s: ", group.Environment, group.Group)
		switch {
		case group.Restores != "":
			fmt.Fprintf(&b, "restores %s (digest %s)", short(group.Restores), group.Digest[:16])
		case group.Digest != "":
			fmt.Fprintf(&b, "as no commit before (digest %s)", group.Digest[:16])
		default:
			b.WriteString("not known")
		}
		switch {
		case group.Error != "":
			fmt.Fprintf(&b, "; no plan: %s", strings.Join(strings.Fields(group.Error), " "))
		case group.Changes != "":
			b.WriteString("; " + group.Changes)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// printRevert tells what was found and done.
func (a *app) printRevert(doc revertDocument) {
	what := fmt.Sprintf("%s %s", short(doc.Reverts), doc.Subject)
	if doc.Nothing {
		fmt.Fprintf(a.stdout, "nothing to revert: the branch holds nothing of %s any more\n", what)
		return
	}
	if doc.All {
		what += ", and all since " + short(doc.Before)
	}
	fmt.Fprintf(a.stdout, "takes back %s\n%s", what, doc.restores())
	switch {
	case doc.Branch == "":
		fmt.Fprintln(a.stdout, "nothing was written")
	case doc.PullRequest != nil:
		fmt.Fprintf(a.stdout, "branch %s at %s, pull request %d: %s\n", doc.Branch, short(doc.Commit), doc.PullRequest.Number, doc.PullRequest.URL)
	case doc.Push:
		fmt.Fprintf(a.stdout, "branch %s at %s\npush it with: git push origin %s\n", doc.Branch, short(doc.Commit), doc.Branch)
	default:
		fmt.Fprintf(a.stdout, "branch %s at %s is pushed: open a pull request from it\n", doc.Branch, short(doc.Commit))
	}
}
