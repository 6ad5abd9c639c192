package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/skew"
	"github.com/sluice-gitops/sluice/source"
)

// editedFS is a commit in which one file has other contents.
type editedFS struct {
	fs.FS
	name string
	data []byte
}

// ReadFile returns the contents of a file: of the edited one the new.
func (e editedFS) ReadFile(name string) ([]byte, error) {
	if name == e.name {
		return slices.Clone(e.data), nil
	}
	return fs.ReadFile(e.FS, name)
}

// hashOf returns the content hash of a path in a commit.
func hashOf(fsys fs.FS, name string) (string, bool) {
	known, ok := fsys.(interface{ Hash(string) (string, bool) })
	if !ok {
		return "", false
	}
	return known.Hash(name)
}

// edit moves the pins in the text, and proves that these pins have moved and nothing else.
func (p *promotion) edit() (editedFS, error) {
	data, err := fs.ReadFile(p.head.FS, p.file())
	if err != nil {
		return editedFS{}, err
	}
	revisions := map[diag.Pos]string{}
	wanted := map[string]string{}
	for _, layer := range p.to.Layers {
		wanted[layer.Path] = layer.Revision
	}
	for _, m := range p.moves {
		revisions[m.layer.RevisionPos], wanted[m.layer.Path] = m.to, m.to
	}
	if data, err = environments.Repin(data, revisions); err != nil {
		return editedFS{}, err
	}
	edited := editedFS{p.head.FS, p.file(), data}
	env, err := newOffline(edited, p.past(p.head)).find(p.to.Name)
	if err = errors.Join(err, env.Faults.Err()); err != nil {
		return edited, err
	}
	for _, layer := range env.Layers {
		if layer.Revision != wanted[layer.Path] || len(env.Layers) != len(p.to.Layers) {
			return edited, fmt.Errorf("move the pins in %s: %s would not be at %s\n\thint: write each revision out, without anchors",
				p.file(), layer.Path, short(wanted[layer.Path]))
		}
	}
	return edited, nil
}

// compare says what the moved pins change in to, offline.
func (p *promotion) compare(edited editedFS, doc *promotionDocument) error {
	before, err := newOffline(p.head.FS, p.past(p.head)).side(p.to.Name)
	if err != nil {
		return err
	}
	after, err := newOffline(edited, p.past(p.head)).side(p.to.Name)
	if err != nil {
		return err
	}
	doc.found = skew.Commits(before, after)
	doc.Differences = skew.Documents(doc.found)
	return nil
}

// planPromotion compares to with the moved pins with what is live. A gateway that can't be read leaves its group without a plan,
// which the result says.
func (a *app) planPromotion(ctx context.Context, p *promotion, edited editedFS, s settings.Settings, doc *promotionDocument) error {
	s.Repository.Root = "."
	planner, done, err := openPlanner(s, p.clone)
	if err != nil {
		return err
	}
	defer done()
	snapshot := source.Snapshot{FS: edited, Commit: source.Commit{Hash: p.head.Commit.Hash, Subject: "the moved pins"}}
	tree, err := planner.Load(snapshot)
	if err != nil {
		return err
	}
	groups, err := planner.Plan(ctx, snapshot, tree, p.to.Name)
	if err != nil {
		return err
	}
	for _, group := range groups {
		if err := group.Faults.Err(); err != nil {
			return err
		}
		one := group.Plan.Document(p.to.Name, group.Group, group.Digest)
		if group.Err != nil {
			one.Error = group.Err.Error()
		}
		doc.Plans, doc.plans = append(doc.Plans, one), append(doc.plans, group.Plan)
	}
	return nil
}

// printPlans prints the plans of a promotion, and of a group without one why.
func (a *app) printPlans(documents []plan.GroupDocument, plans []plan.Plan) {
	for i, doc := range documents {
		if doc.Error != "" {
			fmt.Fprintf(a.stderr, "sluice: %s/%s: no plan: %s\n", doc.Environment, doc.Group, doc.Error)
			continue
		}
		plans[i].Text(a.stdout, doc.Environment, doc.Group, opPaint(a.stdout))
		fmt.Fprintln(a.stdout)
	}
}
