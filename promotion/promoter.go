package promotion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// Mirror is the followed branch, and the way to push beside it; source.Repository is one.
type Mirror interface {
	Repository
	Mirrored() string
	Edit(parent string, contents map[string][]byte, n source.Notice) (source.Proposal, error)
	Push(ctx context.Context, branch string, p source.Proposal) error
}

// Forge is where pull requests are; forge.Forge is one.
type Forge interface {
	OpenPulls(ctx context.Context, base string) ([]forge.Pull, error)
	Open(ctx context.Context, p forge.NewPull) (forge.Pull, error)
	Close(ctx context.Context, number int, comment string) error
	Merge(ctx context.Context, number int, head string, m forge.Message) (commit string, err error)
	Checks(ctx context.Context, commit string) (forge.Checks, error)
}

// Past is what the journal knows; record.View is one.
type Past interface {
	LastApplied(environment, group string) (record.Entry, bool)
}

// Promoter keeps one pull request open for each environment whose promotion asks for it, as long as there is something to promote. Its fields
// must not be changed after Run was called.
type Promoter struct {
	Mirror Mirror
	Forge  Forge
	Past   Past
	Branch string                 // the followed one
	Root   string                 // the directory of sluice.yaml within the repository
	Keys   environments.Decrypter // opens encrypted files
	// Passed reports whether a pull request was planned at this head, against the branch as it is now, and nothing stands against it.
	Passed func(number int, head string) bool
	Poll   time.Duration // how often to look; zero means a minute
	Log    *zap.Logger

	health forge.Health
	known  map[string]string // what was open for an environment at the last look, by its name; owned by Once
}

// BranchFor is the branch from which an environment is promoted. It is Sluice's own.
func BranchFor(environment string) string { return "sluice/promote-" + environment }

// Run looks until ctx ends: at the start, and each time that the poll comes round or wake speaks.
func (p *Promoter) Run(ctx context.Context, wake <-chan struct{}) {
	every := p.Poll
	if every <= 0 {
		every = time.Minute
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-wake:
		}
		p.tell(ctx, p.Once(ctx))
		timer.Reset(every)
	}
}

// Troubles returns what is not promoted though it should be. It may be called at any time.
func (p *Promoter) Troubles() []forge.Trouble { return p.health.Troubles("promotion") }

// tell says what is wrong, once.
func (p *Promoter) tell(ctx context.Context, err error) {
	if ctx.Err() == nil && p.health.Set(err) && err != nil {
		p.Log.Warn("not everything is promoted, will retry", zap.Error(err))
	}
}

// Once looks at every environment once. What is wrong with one of them keeps no other from being promoted.
func (p *Promoter) Once(ctx context.Context) error {
	repository := below{p.Mirror, p.Root}
	head, err := repository.At(p.Mirror.Mirrored())
	if err != nil {
		return err
	}
	tree := environments.LoadPinned(head.FS, p.Keys, func(text string) (source.Snapshot, error) {
		return repository.Ancestor(text, head.Commit.Hash)
	})
	wanted := slices.DeleteFunc(tree.Environments, func(e environments.Environment) bool {
		return e.Promotion == environments.Manual || e.Faults.HasErrors()
	})
	if len(wanted) == 0 || tree.Faults.HasErrors() {
		return nil
	}
	pulls, err := p.Forge.OpenPulls(ctx, p.Branch)
	if err != nil {
		return fmt.Errorf("list pull requests: %w", err)
	}
	var errs []error
	for _, env := range wanted {
		if err := p.environment(ctx, repository, head, env, pulls); err != nil {
			errs = append(errs, fmt.Errorf("promote to %s: %w", env.Name, err))
		}
	}
	return errors.Join(errs...)
}

// environment sees to it that what one environment lacks is offered, and nothing else.
func (p *Promoter) environment(ctx context.Context, repository below, head source.Snapshot, env environments.Environment, pulls []forge.Pull) error {
	from := env.After[0]
	applied, ok := p.Past.LastApplied(from, "")
	if !ok {
		return nil
	}
	found, err := Find(Request{
		Repository: repository, Root: p.Root, Head: head.Commit.Hash, Applied: applied.Commit, From: from, To: env.Name, Keys: p.Keys,
	})
	if err != nil {
		return err
	}
	var open *forge.Pull
	for _, pull := range pulls {
		if pull.HeadBranch == BranchFor(env.Name) && !pull.Fork {
			open = &pull
		}
	}
	before, text := p.known[env.Name], found.Title()+"\n"+found.Markdown()
	p.knows(env.Name, "")
	switch {
	case len(found.Moves) == 0 && open == nil:
		return nil
	case len(found.Moves) == 0:
		p.Log.Info("promotion is moot", zap.String("env", env.Name), zap.Int("pull", open.Number))
		return p.Forge.Close(ctx, open.Number, fmt.Sprintf("Nothing is left to promote: %s has what %s runs.", env.Name, from))
	}
	p.knows(env.Name, text)
	switch {
	case open == nil && before == text:
		return nil // somebody has closed it, and that is an answer; or has merged it, and the branch is not fetched yet
	case open == nil || !same(repository, found, *open):
		p.knows(env.Name, "")
		if err := p.offer(ctx, found, applied); err != nil {
			return err
		}
		p.knows(env.Name, text)
	case env.Promotion == environments.Merge:
		return p.merge(ctx, env.Name, *open)
	}
	return nil
}

// knows keeps what is open for an environment; empty: nothing is.
func (p *Promoter) knows(environment, text string) {
	if p.known == nil {
		p.known = map[string]string{}
	}
	p.known[environment] = text
}

// same reports whether a pull request promotes exactly this: by what it says and, where the mirror holds its head, by what the files say. A
// file that has changed on the branch meanwhile is one more reason to make it anew.
func same(repository Repository, found *Promotion, open forge.Pull) bool {
	if open.Title != found.Title() || !sameText(open.Body, found.Markdown()) {
		return false
	}
	edited, err := found.Edit()
	if err != nil {
		return false // offering it tells why
	}
	at, err := repository.At(open.Head)
	if err != nil {
		return true // nothing speaks against it
	}
	for file, data := range edited.Files {
		if there, err := fs.ReadFile(at.FS, file); err != nil || !bytes.Equal(there, data) {
			return false
		}
	}
	return true
}

func sameText(a, b string) bool {
	plain := func(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// offer pushes the branch and opens the pull request, or makes the one that is open say what is promoted now.
func (p *Promoter) offer(ctx context.Context, found *Promotion, applied record.Entry) error {
	pull, err := Offer(ctx, p.Mirror, p.Forge, found, p.Branch, source.Notice{Name: "Sluice", Email: "sluice@localhost", When: applied.When})
	if err == nil {
		p.Log.Info("promotion offered", zap.String("env", found.To.Name), zap.String("commit", applied.Commit), zap.Int("pull", pull.Number))
	}
	return err
}

// Offer pushes a promotion to its branch and opens a pull request into base, or updates the one that is open.
func Offer(ctx context.Context, mirror Mirror, at Forge, found *Promotion, base string, by source.Notice) (forge.Pull, error) {
	edited, err := found.Edit()
	if err != nil {
		return forge.Pull{}, err
	}
	files := map[string][]byte{}
	for file, data := range edited.Files {
		files[found.inRepository(file)] = data
	}
	by.Message = found.Title() + "\n\n" + found.Body() + "\n"
	proposal, err := mirror.Edit(found.Head.Commit.Hash, files, by)
	if err != nil {
		return forge.Pull{}, err
	}
	branch := BranchFor(found.To.Name)
	if err := mirror.Push(ctx, branch, proposal); err != nil {
		return forge.Pull{}, err
	}
	return at.Open(ctx, forge.NewPull{Title: found.Title(), Body: found.Markdown(), Head: branch, Base: base})
}

// merge merges a pull request at the head that was planned, once nothing stands against it. What the forge forbids as things stand is
// tried again at the next look.
func (p *Promoter) merge(ctx context.Context, env string, pull forge.Pull) error {
	if pull.Draft || p.Passed == nil || !p.Passed(pull.Number, pull.Head) {
		return nil
	}
	checks, err := p.Forge.Checks(ctx, pull.Head)
	if err != nil || checks.State() != record.StatusSuccess {
		return err
	}
	commit, err := p.Forge.Merge(ctx, pull.Number, pull.Head, forge.Message{})
	if refused, ok := errors.AsType[*forge.Error](err); ok && slices.Contains([]forge.Class{forge.Blocked, forge.Outdated, forge.Limited}, refused.Class) {
		p.Log.Debug("promotion is not merged yet", zap.String("env", env), zap.Int("pull", pull.Number), zap.Error(err))
		return nil
	}
	if err == nil {
		p.Log.Info("promotion merged", zap.String("env", env), zap.Int("pull", pull.Number), zap.String("commit", commit))
	}
	return err
}
