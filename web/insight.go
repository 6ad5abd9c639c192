package web

import (
	"context"

	"github.com/sluice-gitops/sluice/insight"
)

// Insight is what the handler asks for everything that the page shows, too; insight.Model is one.
type Insight interface {
	Glances
	Turns
	Groups
	Comparisons
	Follow(ctx context.Context) <-chan insight.Notice
}

// Glances answer from memory.
type Glances interface {
	Overview(groupsPerWave int) insight.Overview
	Groups(insight.GroupQuery) (insight.GroupList, error)
}

// Turns tell what became of a commit in an environment.
type Turns interface {
	Turn(ctx context.Context, environment, commit string) (insight.Turn, error)
	Changes(ctx context.Context, environment, commit string, page insight.Page) (insight.Comparison, error)
	Plan(ctx context.Context, environment, commit string, page insight.Page) (insight.Plan, error)
}

// Groups tell of one gateway group.
type Groups interface {
	Group(ctx context.Context, environment, group string) (insight.Group, error)
	Instances(ctx context.Context, environment, group string) (insight.Health, error)
	Live(ctx context.Context, environment, group string, query insight.LiveQuery) (insight.Live, error)
}

// Comparisons tell what differs, and who made it so.
type Comparisons interface {
	Skew(ctx context.Context, first, second string, all bool, page insight.Page) (insight.Comparison, error)
	SkewAt(ctx context.Context, environment, firstCommit, secondCommit string, page insight.Page) (insight.Comparison, error)
	Resource(ctx context.Context, query insight.ResourceQuery) (insight.Resource, error)
}
