package main

import (
	"context"
	"errors"

	"github.com/sluice-gitops/sluice/promotion"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/skew"
	"github.com/sluice-gitops/sluice/source"
)

// promoting is one promote at work in a local clone.
type promoting struct {
	*promotion.Promotion
	clone *clone
}

// openPromotion reads both environments: to as the clone's head has it, from as of the commit that it runs.
func openPromotion(f promoteFlags, s *settings.Settings, from, to string) (*promoting, error) {
	root, err := repoRoot(f.repo)
	if err != nil {
		return nil, err
	}
	c, err := openClone(root)
	if err != nil {
		return nil, err
	}
	commit := f.commit
	if commit == "" {
		if commit, err = appliedBy(*s, from); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	found, err := promotion.Find(promotion.Request{
		Repository: c, Root: c.root, Head: "HEAD", Applied: commit, From: from, To: to, Only: f.layers, Keys: userKeys(),
	})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &promoting{found, c}, nil
}

// compare says what the moved pins change in to, offline.
func (p *promoting) compare(edited promotion.Edited, doc *promotionDocument) error {
	past := func(text string) (source.Snapshot, error) { return p.clone.Ancestor(text, p.Head.Commit.Hash) }
	before, err := newOffline(p.Head.FS, past).side(p.To.Name)
	if err != nil {
		return err
	}
	after, err := newOffline(edited, past).side(p.To.Name)
	if err != nil {
		return err
	}
	doc.found = skew.Commits(before, after)
	doc.Differences = skew.Documents(doc.found)
	return nil
}

// planPromotion compares to with the moved pins with what is live. A gateway that can't be read leaves its group without a plan,
// which the result says.
func (a *app) planPromotion(ctx context.Context, p *promoting, edited promotion.Edited, s settings.Settings, doc *promotionDocument) error {
	s.Repository.Root = "."
	planner, done, err := openPlanner(s, p.clone)
	if err != nil {
		return err
	}
	defer done()
	snapshot := source.Snapshot{FS: edited, Commit: source.Commit{Hash: p.Head.Commit.Hash, Subject: "the moved pins"}}
	tree, err := planner.Load(snapshot)
	if err != nil {
		return err
	}
	groups, err := planner.Plan(ctx, snapshot, tree, p.To.Name)
	if err != nil {
		return err
	}
	for _, group := range groups {
		if err := group.Faults.Err(); err != nil {
			return err
		}
		one := group.Plan.Document(p.To.Name, group.Group, group.Digest)
		if group.Err != nil {
			one.Error = group.Err.Error()
		}
		doc.Plans, doc.plans = append(doc.Plans, one), append(doc.plans, group.Plan)
	}
	return nil
}
