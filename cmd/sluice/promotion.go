package main

import (
	"context"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/promotion"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/skew"
	"github.com/sluice-gitops/sluice/source"
)

// promoting is one promote at work: in a local clone, or beside the followed branch.
type promoting struct {
	*promotion.Promotion
	clone  *clone             // nil with --pull-request
	mirror *source.Repository // nil without
	base   string             // the branch that the pins move on
	close  func()
}

// openPromotion reads both environments: to as the head has it, from as of the commit that it runs.
func (a *app) openPromotion(ctx context.Context, f promoteFlags, s *settings.Settings, from, to string) (p *promoting, err error) {
	commit := f.commit
	if commit == "" {
		if commit, err = appliedBy(*s, from); err != nil {
			return nil, err
		}
	}
	request := promotion.Request{Applied: commit, From: from, To: to, Only: f.layers, Keys: userKeys()}
	if f.pullRequest {
		p, err = promoteBeside(ctx, *s, &request)
	} else {
		p, err = promoteInClone(f, &request)
	}
	if err != nil {
		return nil, err
	}
	if p.Promotion, err = promotion.Find(request); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func promoteInClone(f promoteFlags, request *promotion.Request) (*promoting, error) {
	root, err := repoRoot(f.repo)
	if err != nil {
		return nil, err
	}
	c, err := openClone(root)
	if err != nil {
		return nil, err
	}
	request.Repository, request.Root, request.Head = c, c.root, "HEAD"
	return &promoting{clone: c, base: c.Branch(), close: func() { c.Close() }}, nil
}

func promoteBeside(ctx context.Context, s settings.Settings, request *promotion.Request) (*promoting, error) {
	mirror, done, err := openBeside(ctx, s)
	if err != nil {
		return nil, err
	}
	head, err := mirror.Latest(ctx)
	if err != nil {
		done()
		return nil, err
	}
	root := s.Repository.Root
	request.Repository, request.Root, request.Head, request.Keys = promotion.Below(mirror, root), root, head.Commit.Hash, daemon.Keys(s.SOPS)
	return &promoting{mirror: mirror, base: s.Repository.Branch, close: done}, nil
}

// offer pushes the branch, and opens the pull request or updates the one that is open.
func (p *promoting) offer(ctx context.Context, s settings.Settings, doc *promotionDocument) error {
	at, err := daemon.OpenForge(s, nil)
	if err != nil {
		return err
	}
	pull, err := promotion.Offer(ctx, p.mirror, at, p.Promotion, p.base, whoever())
	if err != nil {
		return err
	}
	doc.Branch, doc.Commit, doc.PullRequest.Number, doc.PullRequest.URL = doc.PullRequest.Branch, pull.Head, pull.Number, pull.URL
	return nil
}

// history is where pins are read from: what leads to the head, with the files of the config repo alone.
func (p *promoting) history() reconciler.History {
	if p.clone != nil {
		return p.clone
	}
	return rootedHistory{p.mirror, promotion.Below(p.mirror, p.Root())}
}

// rootedHistory is a mirror whose snapshots begin at the root of the config repo.
type rootedHistory struct {
	*source.Repository
	rooted promotion.Repository
}

// At opens a commit.
func (r rootedHistory) At(text string) (source.Snapshot, error) { return r.rooted.At(text) }

// Ancestor opens an earlier commit.
func (r rootedHistory) Ancestor(text, head string) (source.Snapshot, error) {
	return r.rooted.Ancestor(text, head)
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
	planner, done, err := openPlanner(s, p.history())
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
