package page

import (
	"context"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/insight"
)

// Config is what a Handler works with. Insight is needed.
type Config struct {
	Insight Insight
	// Visitor says who looks; nil: somebody without a name who may read.
	Visitor func(*http.Request) Visitor
	Version string           // of the program, for the foot of the page
	Now     func() time.Time // nil: time.Now
	Log     *zap.Logger      // nil: none
}

// Visitor is who looks at a page. The zero value is somebody without a name who may read and no more.
type Visitor struct {
	Name     string   // empty: nobody has logged in
	Operator bool     // may act everywhere: the forms are shown
	Operates []string // the environments in which they may act, where it is not everywhere
	Login    bool     // can log in: a link is shown to who has no name
	Logout   bool     // can log out
	CSRF     string   // what a form must carry
}

// May reports whether they may act in an environment.
func (v Visitor) May(environment string) bool {
	return v.Operator || slices.Contains(v.Operates, environment)
}

// Insight is what the pages show; insight.Model is one. It must be safe for use by several goroutines at once.
type Insight interface {
	Present
	Turns
	GatewayGroups
	Comparisons
	Past
}

// Present answers from memory.
type Present interface {
	Overview(groupsPerWave int) insight.Overview
	Groups(insight.GroupQuery) (insight.GroupList, error)
}

// Turns tells of a commit in an environment.
type Turns interface {
	Turn(ctx context.Context, environment, commit string) (insight.Turn, error)
	Changes(ctx context.Context, environment, commit string, page insight.Page) (insight.Comparison, error)
	Plan(ctx context.Context, environment, commit string, page insight.Page) (insight.Plan, error)
}

// GatewayGroups tells of one gateway group. Instances and Live ask it.
type GatewayGroups interface {
	Group(ctx context.Context, environment, group string) (insight.Group, error)
	Instances(ctx context.Context, environment, group string) (insight.Health, error)
	Live(ctx context.Context, environment, group string, query insight.LiveQuery) (insight.Live, error)
}

// Comparisons compare environments.
type Comparisons interface {
	Skew(ctx context.Context, first, second string, all bool, page insight.Page) (insight.Comparison, error)
	SkewAt(ctx context.Context, environment, firstCommit, secondCommit string, page insight.Page) (insight.Comparison, error)
}

// Past answers from the journal.
type Past interface {
	History(ctx context.Context, query insight.HistoryQuery) (insight.HistoryPage, error)
	Resource(ctx context.Context, query insight.ResourceQuery) (insight.Resource, error)
}
