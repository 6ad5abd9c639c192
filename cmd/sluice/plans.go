package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/source"
)

// plans prints the plans for one commit.
type plans struct {
	*app
	planner  *reconciler.Planner
	snapshot source.Snapshot
	tree     environments.Tree
	output   string
}

// print plans the environments in their order; faults of one do not hide the plans of the others. Faults of the repo as a whole
// leave none.
func (p *plans) print(ctx context.Context, only []string) error {
	doc := plan.Document{Commit: p.snapshot.Commit.Hash, Plans: []plan.GroupDocument{}}
	errs := []error{p.tree.Faults.Err()}
	if errs[0] == nil {
		names, err := p.names(only)
		errs = append(errs, err)
		for _, name := range names {
			errs = append(errs, p.environment(ctx, name, &doc))
		}
	}
	if p.output != "text" {
		if err := p.write(p.output, doc); err != nil {
			return err
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, group := range doc.Plans {
		if len(group.Changes) > 0 {
			return errDifferences
		}
	}
	return nil
}

// names is the one that was asked for, or all in the order of their stages.
func (p *plans) names(only []string) ([]string, error) {
	var names []string
	for _, env := range p.tree.Environments {
		names = append(names, env.Name)
	}
	if len(only) == 0 {
		return names, nil
	}
	if _, ok := p.tree.Find(only[0]); !ok {
		return nil, noEnvironment(only[0], names)
	}
	return only, nil
}

// environment plans one environment. One with faults has no plans: its groups say so.
func (p *plans) environment(ctx context.Context, name string, doc *plan.Document) error {
	groups, err := p.planner.Plan(ctx, p.snapshot, p.tree, name)
	if err != nil {
		p.withoutPlans(name, err, doc)
		return err
	}
	var errs []error
	for _, group := range groups {
		one := group.Plan.Document(name, group.Group, group.Digest)
		if group.Err != nil {
			one.Error = group.Err.Error()
			errs = append(errs, fmt.Errorf("%s/%s: no plan: %w", name, group.Group, group.Err))
		}
		if err := group.Faults.Err(); err != nil {
			one.Error = firstFault(group.Faults)
			errs = append(errs, err)
		}
		doc.Plans = append(doc.Plans, one)
		if p.output == "text" && group.Err == nil {
			group.Plan.Text(p.stdout, name, group.Group, opPaint(p.stdout))
			fmt.Fprintln(p.stdout)
		}
	}
	return errors.Join(errs...)
}

func (p *plans) withoutPlans(name string, err error, doc *plan.Document) {
	text := err.Error()
	if faults, ok := errors.AsType[diag.List](err); ok {
		text = firstFault(faults)
	}
	env, _ := p.tree.Find(name)
	for _, group := range env.Groups() {
		empty := plan.Plan{}.Document(name, group, "")
		empty.Error = text
		doc.Plans = append(doc.Plans, empty)
	}
}

// firstFault is the first fault that stops the work, and how many faults there are besides.
func firstFault(faults diag.List) string {
	i := slices.IndexFunc(faults, func(d diag.Diagnostic) bool { return d.Severity == diag.Error })
	text := fmt.Sprintf("%s: %s", faults[i].Pos, faults[i].What)
	if len(faults) > 1 {
		text += fmt.Sprintf(" (and %d more)", len(faults)-1)
	}
	return text
}
