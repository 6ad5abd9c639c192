package promotion

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/source"
)

// Repository is where commits are read, each with the files of the config repo alone.
type Repository interface {
	At(text string) (source.Snapshot, error)
	// Ancestor opens the one commit that head descends from, or head itself, whose hash begins with text.
	Ancestor(text, head string) (source.Snapshot, error)
	// Brought returns the newest commit up to the given one that changed what stands at a path from the top of the repository.
	Brought(commit, path string) (source.Commit, error)
	// Carried returns the commits that changed such a path, of those that are reachable from to and not from from, newest first.
	Carried(from, to, path string, max int) ([]source.Commit, error)
}

// Request says what to promote.
type Request struct {
	Repository Repository
	Root       string                 // the directory of sluice.yaml within the repository; "." is its top
	Head       string                 // the commit whose pins move
	Applied    string                 // what From runs
	From, To   string                 // environments
	Only       []string               // paths of the layers whose pins may move; empty: all
	Keys       environments.Decrypter // opens encrypted files; nil: they are faults
}

// Promotion is what one promotion comes to. It is read-only.
type Promotion struct {
	Head, Applied source.Snapshot
	From, To      environments.Environment
	Moves         []Move   // none: there is nothing to promote
	Notes         []string // what stays as it is and why, and which pins move elsewhere than in the file of To

	request Request
	others  []environments.Environment // of the head, those that have gateway groups and are not To
}

// Move is a pin that goes to another commit.
type Move struct {
	Layer environments.Layer
	To    string // the whole hash
	// Carried are the commits that come with it, newest first; none when the pin goes back.
	Carried []source.Commit
}

// Find works out which pins of To are not where From has the layer. Nothing to promote is no error; faults in one of both
// environments are.
func Find(r Request) (*Promotion, error) {
	p := &Promotion{request: r}
	var tree environments.Tree
	var err error
	if p.Head, p.To, tree, err = p.environment(r.Head, r.To); err != nil {
		return nil, err
	}
	p.others = othersThan(r.To, tree)
	if p.Applied, p.From, _, err = p.environment(r.Applied, r.From); err != nil {
		return nil, err
	}
	if _, err = r.Repository.Ancestor(p.Applied.Commit.Hash, p.Head.Commit.Hash); errors.Is(err, source.ErrNotAncestor) {
		err = fmt.Errorf("%s runs %s, which does not lead to what is checked out here\n\thint: bring the clone up to the followed branch: git pull",
			r.From, p.Applied.Commit.Short())
	}
	if err != nil {
		return nil, err
	}
	return p, p.findMoves(r.Only)
}

// environment reads one environment at a commit. Its faults are told, with the commit that they are in.
func (p *Promotion) environment(commit, name string) (source.Snapshot, environments.Environment, environments.Tree, error) {
	snapshot, err := p.request.Repository.At(commit)
	if errors.Is(err, source.ErrUnknownCommit) && commit != p.request.Head {
		err = fmt.Errorf("the clone has no commit %s, which %s runs\n\thint: git pull brings it, where it is on the followed branch", commit, name)
	}
	if err != nil {
		return snapshot, environments.Environment{}, environments.Tree{}, err
	}
	tree := environments.LoadPinned(snapshot.FS, p.request.Keys, p.past(snapshot))
	env, ok := tree.Find(name)
	if err := slices.Concat(tree.Faults, env.Faults).Err(); err != nil {
		return snapshot, env, tree, atCommit(snapshot.Commit, err)
	}
	if !ok {
		err = atCommit(snapshot.Commit, noEnvironment(name, tree))
	}
	return snapshot, env, tree, err
}

func noEnvironment(name string, tree environments.Tree) error {
	names, _ := tree.Names()
	return fmt.Errorf("no environment %q; %s", name, diag.DidYouMean(name, names, "there are "+strings.Join(names, ", ")))
}

// atCommit names the commit that faults are in.
func atCommit(commit source.Commit, err error) error {
	if faults, ok := errors.AsType[diag.List](err); ok {
		return faults.At(commit.Hash)
	}
	return fmt.Errorf("commit %s: %w", commit.Short(), err)
}

func (p *Promotion) past(of source.Snapshot) environments.Past {
	return func(text string) (source.Snapshot, error) { return p.request.Repository.Ancestor(text, of.Commit.Hash) }
}

// inRepository is a path from the top of the repository.
func (p *Promotion) inRepository(file string) string { return path.Join(p.request.Root, file) }

// Root is the directory of sluice.yaml within the repository.
func (p *Promotion) Root() string { return p.request.Root }
