package insight

import (
	"context"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// Mirror is the mirrored past of the followed branch; source.Repository is one.
type Mirror interface {
	At(hash string) (source.Snapshot, error)
	Ancestor(text, head string) (source.Snapshot, error)
}

// Config is what a Model reads. Status, Past and Mirror are needed. Each func may be called by several goroutines at once, and is asked
// anew each time, so that what a reload exchanges is followed.
type Config struct {
	Repository string                   // as it is shown, without credentials
	Branch     string                   // the followed one
	Root       string                   // the directory of sluice.yaml within the repository; empty or "." is its top
	Status     func() reconciler.Status // as it is now
	Past       *record.View             // the journal
	Mirror     Mirror                   // the config repo
	// Ready reports whether the config repo was read; nil: it was.
	Ready func() bool
	// Role says what this replica is ("leader", "standby") and who leads; nil: there is only this one.
	Role func() (role, leader string)
	// Keys opens encrypted files; nil, or a nil one: they are faults.
	Keys func() environments.Decrypter
	// Planner reads live; nil, or a nil one: it can't be read from here.
	Planner func() *reconciler.Planner
	// Backend says what is behind a gateway group; nil: nothing is known of any.
	Backend func(group string) Backend
	// Trouble is what the daemon knows of its own troubles beyond the status and the journal; nil: none.
	Trouble func() []Trouble
	// Webhooks tells of the calls of the forge; nil, or a nil one: none are taken.
	Webhooks func() *Webhooks
	// FileURL returns where the forge shows a line of a file, CommitURL where it shows a commit; nil: no links. The path is from the top of
	// the repository.
	FileURL   func(commit, path string, line int) string
	CommitURL func(commit string) string
	// RevertURL returns the open pull request that takes a commit back, and true; or where one can be opened from a branch that is prepared, and
	// false. Empty: there is neither. Nil: there are none.
	RevertURL func(commit string) (url string, open bool)
}

// Backend is what stands behind a gateway group. The zero value is not known.
type Backend struct {
	Type      string  // "apisix", "apisix-standalone", "api7", "embedded"
	Instances []Probe // in the order of the daemon's file
	// Why says why no instance is known, and what to do about it; empty: the daemon's file names none.
	Why string
}

// Probe asks one instance how it is.
type Probe struct {
	Name string // its address, without credentials
	// Ask returns nil when the instance is ready, else why it is not. Nil: it can't be asked.
	Ask func(context.Context) error
	// Short says what is short of ready where Ask can't prove all of it: the instance only counts as running then. Where there is no Ask, it
	// says why.
	Short string
}

// Model answers questions about a running daemon. New makes one. It is safe for use by several goroutines at once.
type Model struct {
	config  Config
	commits commits
	steps   steps
	hub     hub

	layouts     kept[layout]
	comparisons kept[compared]
	plans       kept[Plan]
	lives       kept[liveRead]
	healths     kept[Health]
	renders     chan struct{} // holds a token for each rendering under way

	mu       sync.Mutex
	renderer rendering
}

// The bounds of what is answered on demand.
const (
	rendersAtOnce = 2
	renderTime    = 20 * time.Second // for a comparison of commits or environments
	liveTime      = 20 * time.Second // for a read of live
	healthTime    = 5 * time.Second  // for asking the instances of a group
	liveAge       = 10 * time.Second // how old a read of live may be
	healthAge     = 5 * time.Second
)

// New returns a Model. It starts nothing: see Run.
func New(config Config) *Model {
	return &Model{
		config: config, renders: make(chan struct{}, rendersAtOnce),
		layouts: kept[layout]{most: 8}, comparisons: kept[compared]{most: 8, limit: renderTime},
		plans: kept[Plan]{most: 4, limit: liveTime, age: liveAge}, lives: kept[liveRead]{most: 4, limit: liveTime, age: liveAge},
		healths: kept[Health]{most: 64, limit: healthTime, age: healthAge},
	}
}
