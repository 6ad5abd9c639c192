package forge

import "context"

// Pull is a pull request; GitLab calls it a merge request.
type Pull struct {
	Number int
	State  PullState
	Title  string
	Body   string
	Author string // the forge's name for who opened it
	Head   string // the whole hash of its newest commit; empty: the forge knows none, or none yet
	// HeadBranch is the branch that it comes from, in its own repository. Empty: it comes from none, or from one that is gone.
	HeadBranch string
	// HeadRef is the ref of the followed repository by which the head can be fetched, as refs/pull/7/head. Empty: there is none, as for
	// forks on Bitbucket Cloud.
	HeadRef string
	// Fork is true unless the head is known to be a branch of the followed repository itself. Who may write a fork is not who may write
	// the followed repository.
	Fork   bool
	Base   string // the branch that it is to be merged into
	URL    string // of its page
	Draft  bool
	Merged string // the hash of the commit on the base that merged it, once the state is PullMerged; empty: the forge does not say
}

// PullState says whether a pull request is open.
type PullState int

// The states of a pull request. The zero value is none.
const (
	PullOpen PullState = iota + 1
	PullClosed
	PullMerged
)

// String returns the state in one word.
func (s PullState) String() string {
	return map[PullState]string{PullOpen: "open", PullClosed: "closed", PullMerged: "merged"}[s]
}

// NewPull is what a pull request of ours says, cut to what forges take: 250 runes of the title and 30,000 of the body. Head and Base are branches
// of the followed repository.
type NewPull struct {
	Title, Body string
	Head, Base  string
}

// Message is what a merge commit says. An empty title leaves both to the forge.
type Message struct{ Title, Body string }

// Pulls looks after pull requests. Every type of forge does. Errors are of type *Error: an unknown number is Final, one that was closed or
// has moved meanwhile is Outdated, what the forge's rules forbid as things stand is Blocked.
type Pulls interface {
	// OpenPulls returns all open pull requests into a branch, into any where base is empty, oldest first. A page that can't be read is an error: what came before it
	// is never taken for all.
	OpenPulls(ctx context.Context, base string) ([]Pull, error)
	// Pull returns one pull request, whatever its state.
	Pull(ctx context.Context, number int) (Pull, error)
	// Comment sees to it that exactly one comment of ours under this marker says body. It is found by the marker, which readers don't see,
	// and by its author, edited in place, and left alone when it says the same. The marker is letters, digits, dots, slashes, hyphens and
	// underscores.
	// A body of more than MostComment runes is refused.
	Comment(ctx context.Context, number int, marker, body string) error
	// MostComment is how many runes a comment may have.
	MostComment() int
	// Open opens a pull request. An open one with the same head and base, opened by whomever, is returned instead, and says from now
	// on what p says.
	Open(ctx context.Context, p NewPull) (Pull, error)
	// Close closes a pull request, after saying why in a comment of its own; an empty comment is not written. One that is closed or
	// merged already is left alone, so that a call that broke off may be made again.
	Close(ctx context.Context, number int, comment string) error
	// Merge merges a pull request with a merge commit, provided that its head is still this whole hash, and returns that commit. It
	// waits some seconds while the forge finds out whether it can be merged; an error of the class Limited says when to come back when that
	// takes longer. One that was merged at this hash already is no error.
	// Bitbucket Cloud has no way to bind a merge to a hash: there the head is read just before, and a push within that instant is merged,
	// and told as an error of the class Outdated.
	Merge(ctx context.Context, number int, head string, m Message) (commit string, err error)
	// Checks returns what others say of a commit: statuses and checks whose context is not below OwnContexts.
	Checks(ctx context.Context, commit string) (Checks, error)
}

// Forge is all that every type of forge can do.
type Forge interface {
	Statuses
	Pulls
}

var (
	_ Forge = (*gitHub)(nil)
	_ Forge = (*gitLab)(nil)
	_ Forge = (*gitea)(nil)
	_ Forge = (*bitbucket)(nil)
	_ Forge = (*dataCenter)(nil)
)
