package preview

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trace"
)

// Repository is the mirror of the followed branch; source.Repository is one.
type Repository interface {
	reconciler.History
	// Mirrored returns the branch as it was fetched last.
	Mirrored() string
	FetchPull(ctx context.Context, number int, ref, head string) error
	KeepPulls(numbers []int) error
	Merge(into, head string) (source.Merged, error)
}

// Forge is where pull requests are; forge.Forge is one.
type Forge interface {
	OpenPulls(ctx context.Context, base string) ([]forge.Pull, error)
	Pull(ctx context.Context, number int) (forge.Pull, error)
	Comment(ctx context.Context, number int, marker, body string) error
	MostComment() int
	SetStatus(ctx context.Context, commit string, s forge.Status) error
}

// Config is what a Previewer works with. Repository, Forge and Branch are needed.
type Config struct {
	Repository Repository
	Forge      Forge
	Branch     string
	Root       string // the directory of sluice.yaml within the repository; empty or "." is its top
	// Live plans against the gateways; its Config.History must be the one that History returns. Nil: nothing is planned against live.
	Live func(reconciler.History) *reconciler.Planner
	// Keys opens encrypted files; nil: they are faults. ForkKeys does for forks, and should open nothing and refuse nothing.
	Keys, ForkKeys environments.Decrypter
	// ForkValues knows which run-time values a fork may name, and should withhold all of them (render.ErrWithheld). Nil: any may be named.
	ForkValues render.Values
	// File returns the address of a line of a file at a commit; nil: places lead nowhere.
	File func(commit, path string, line int) string
	// Page returns the address at which the Previewer's ServeHTTP shows a pull request; nil: none.
	Page func(number int) string
	// Open is told of all that are open, whenever they were listed; nil: nobody is.
	Open func([]forge.Pull)
	// Closed is told of each pull request that was planned and is no longer open, with the branch of the repository that it came from and its
	// newest commit; nil: nobody is.
	Closed func(ctx context.Context, number int, branch, head string)
	// Tracer keeps a trace of each plan, which leads to that of the pull request's head; nil: none.
	Tracer *trace.Tracer
	Poll   time.Duration // how often the list of pull requests is looked at; zero means a minute
	Log    *zap.Logger   // nil: none
}

// Previewer looks after the pull requests of one branch. New makes one. Run is called once; the rest is safe for concurrent use.
type Previewer struct {
	config   Config
	live     *reconciler.Planner
	past     *crossing
	own      *render.Renderer // for pull requests from the repository itself
	foreign  *render.Renderer // for forks
	policies policy.Checker

	mu    sync.Mutex
	seen  map[int]look   // by pull request; written by Run alone
	whole map[int]string // comments that had to be cut

	health forge.Health
}

// New returns a Previewer. It speaks to nobody yet.
func New(config Config) *Previewer {
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Poll <= 0 {
		config.Poll = time.Minute
	}
	p := &Previewer{
		config: config, past: &crossing{Repository: config.Repository, into: map[string]string{}},
		own: render.New(), foreign: render.New(), seen: map[int]look{}, whole: map[int]string{},
	}
	p.own.Keys, p.foreign.Keys = config.Keys, config.ForkKeys
	if config.Live != nil {
		p.live = config.Live(p.past)
	}
	return p
}

// crossing is the history of merges that are not made yet: what leads to either side leads to the merge. It is safe for concurrent use.
type crossing struct {
	Repository
	mu   sync.Mutex
	into map[string]string // the branch, by the head that is merged into it
}

func (c *crossing) merging(head, into string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.into[head] = into
}

// Ancestor opens a commit that leads to head, or to the branch that head is to be merged into.
func (c *crossing) Ancestor(text, head string) (source.Snapshot, error) {
	c.mu.Lock()
	into := c.into[head]
	c.mu.Unlock()
	found, err := c.Repository.Ancestor(text, head)
	if err != nil && into != "" {
		if other, errOther := c.Repository.Ancestor(text, into); errOther == nil {
			return other, nil
		}
	}
	return found, err
}

// leave is the messages that could give leave to a plan: the newest of those that the pull request brings.
func (p *Previewer) leave(into, head string) ([]source.Commit, error) {
	const newest = 100
	return p.config.Repository.Log(into, head, newest)
}

// markKey is the word that the comment and the annotations are found by.
const markKey = "sluice-plan"

var _ Repository = (*source.Repository)(nil)
