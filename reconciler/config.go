package reconciler

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/verify"
)

// Source is the followed branch; source.Repository is one.
type Source interface {
	Latest(ctx context.Context) (source.Snapshot, error)
	Head(ctx context.Context) (string, error)
}

// History is the mirrored past of the branch; source.Repository is one.
type History interface {
	At(hash string) (source.Snapshot, error)
	Log(from, to string, max int) ([]source.Commit, error)
	// Ancestor opens the one commit that head descends from, or head itself, whose hash begins with text.
	Ancestor(text, head string) (source.Snapshot, error)
}

// Gateway is the Admin API of one gateway group; apisix.Gateway is one.
type Gateway interface {
	apply.Gateway
	// Live reads the whole configuration, or returns an error: never a part.
	Live(ctx context.Context) (gateway.State, error)
	// Read reads these resources alone; those that do not exist are not in the state.
	Read(ctx context.Context, keys []gateway.Key) (gateway.State, error)
	// Defaults tells what the gateway fills in by itself.
	Defaults(ctx context.Context) (gateway.Defaults, error)
	// Validate tells what the gateway would refuse of these resources, and writes nothing.
	Validate(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error)
}

// Verifier says whether a wave that was applied holds; verify.Verifier is one. It must be safe for use by several goroutines at once.
type Verifier interface {
	// Faults tells what is wrong with what is to be verified, before anything is written.
	Faults(wave verify.Wave) diag.List
	// Verify blocks until the wave holds, fails or ctx ends, and tells meanwhile what it waits for.
	Verify(ctx context.Context, wave verify.Wave, tell func(text string)) verify.Report
}

// Group is a gateway group that the daemon's own file names.
type Group struct {
	Name        string
	Environment string // the one environment that may use it; empty: any
	Gateway     Gateway
	// Hand does the work at the group: what compares and writes. Nil: it is done here. Gateway is then only read.
	Hand Hand
	// At returns a view of Gateway that writes in the name of a commit; nil where the gateway knows no commits.
	At       func(commit string) Gateway
	Parallel int           // writes at once; zero is the default of package apply
	Drain    time.Duration // wait between the last switch and the first delete
	// Upstreams says where the gateway keeps the upstreams that a canary adds.
	Upstreams canary.Upstreams
}

// inNameOf returns the gateway that writes for a commit.
func (g Group) inNameOf(commit string) Gateway {
	if g.At == nil {
		return g.Gateway
	}
	return g.At(commit)
}

// Config is what a Reconciler works with. Source, History, Journal and Groups are needed; the rest has defaults.
type Config struct {
	Source  Source
	History History
	Root    string // the directory of sluice.yaml within the repository; empty or "." is its top
	Groups  []Group
	Journal *record.Journal
	// Trust returns an error when nobody who is trusted vouches for a commit; nil trusts every commit of the branch. A commit that an
	// environment has applied is not asked about again: its configuration is what is to be kept.
	Trust func(commit string) error
	// Keys opens the files of the config repo that SOPS encrypted; nil: such files are faults.
	Keys   environments.Decrypter
	Values render.Values // run-time values; nil leaves them unresolved, and nothing that needs one can be applied
	// Verifier verifies waves. An environment with rollout.verify or rollout.canary is at fault without one; a Planner then looks at it no further.
	Verifier Verifier
	// DriftInterval is how often live is compared with the applied commit; zero means DefaultDriftInterval.
	DriftInterval time.Duration
	// Pulse is how often Run looks at one resource of each group; zero means DefaultPulse, less than zero never.
	Pulse time.Duration
	// Now says what time it is for the exceptions of policies, for windows and pauses; nil is time.Now.
	Now func() time.Time
	// Statuses puts commit statuses into the journal's outbox. Somebody must post them, or the outbox grows.
	Statuses bool
	// Observe is told of each step, from several goroutines at once; nil tells nobody.
	Observe func(Event)
	// Meter is told what the work costs; nil tells nobody.
	Meter Meter
	// Tracer keeps the traces of commits; nil keeps none.
	Tracer *trace.Tracer
	Log    *zap.Logger // nil: none
}

// DefaultDriftInterval is the time between two looks for drift.
const DefaultDriftInterval = 3 * time.Minute

// Event is one step of a pass, for people who watch.
type Event struct {
	Commit      source.Commit
	Environment string
	Group       string // empty when it concerns the environment
	State       record.State
	Text        string // one line: "2 created, 1 updated, 0 deleted"
	Detail      string // all lines, where there are more: every fault, how to allow a held plan
	Drift       bool   // the step belongs to drift, not to a new commit
	Changes     int    // of the group's plan; 0 where it only brings rotated secrets
}
