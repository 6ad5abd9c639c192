package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/revert"
	"github.com/sluice-gitops/sluice/source"
)

// reverter prepares what takes a commit back that came to a bad end in an environment. Where the environment was rolled back it opens a pull
// request: then what runs is what the branch says again. Where the commit failed it pushes the branch alone, and somebody may open the pull
// request.
type reverter struct {
	mirror branches
	forge  openPulls
	branch string                     // the followed one
	marker string                     // what says in a commit that it was prepared here
	link   func(branch string) string // the address at which a pull request from a branch is opened
	known  *reverts
	log    *zap.Logger
	health forge.Health
}

// branches is where reverts are made and pushed; source.Repository is one.
type branches interface {
	revert.Pusher
	revert.History
	RevertTo(back, commit, onto string, n source.Notice) (source.Reverted, error)
	At(text string) (source.Snapshot, error)
	Revert(commit, onto string, n source.Notice) (source.Reverted, error)
	Mirrored() string
	Branches(ctx context.Context, prefix string) ([]source.Branch, error)
	Tip(ctx context.Context, b source.Branch) (source.Tip, error)
}

// openPulls is a forge that opens pull requests, and knows those that are open.
type openPulls interface {
	revert.Opener
	OpenPulls(ctx context.Context, base string) ([]forge.Pull, error)
}

// sluice is who makes the commits of the daemon.
func sluice(when time.Time) source.Notice {
	return source.Notice{Name: "Sluice", Email: "sluice@localhost", When: when}
}

// isSluices reports whether a commit was made by Sluice, and has not been amended or rebased by anybody since.
func isSluices(tip source.Tip) bool {
	by := sluice(tip.When)
	own := fmt.Sprintf("%s <%s>", by.Name, by.Email)
	return tip.Author == own && tip.Committer == own
}

// markerOf is the last line of the message of a commit that is prepared for a branch, and for the files below root there: several daemons may
// follow one repository.
func markerOf(branch, root string) string {
	return strings.TrimRight("Sluice-Prepared: "+branch+" "+strings.Trim(root, "./"), " ")
}

// undo prepares what takes back the commit of a bad end. An error says that it may succeed later.
func (r *reverter) undo(ctx context.Context, e record.Entry) error {
	log := r.log.With(zap.String("commit", e.Commit), zap.String("env", e.Environment))
	err := r.offer(ctx, e, log)
	if later(err) {
		return fmt.Errorf("take back %s: %w", short(e.Commit), err)
	}
	if err != nil {
		log.Warn("nothing is prepared that takes the commit back: revert it by hand", zap.Error(err))
	}
	if errors.Is(err, revert.ErrChangedSince) {
		err = nil // that is how it stands, and no trouble
	}
	if err == nil || e.State == record.RolledBack { // for a failure a login that may only read will do
		r.health.Set(err)
	}
	return nil
}

// later reports whether what has failed may succeed later: not where a right is missing at the repository, nor where the files stand against it.
func later(err error) bool {
	if fault, ok := errors.AsType[*forge.Error](err); ok {
		return fault.Class != forge.Final && fault.Class != forge.Blocked
	}
	_, remote := errors.AsType[*source.Error](err)
	return remote && !errors.Is(err, source.ErrDenied) && !errors.Is(err, errLocal)
}

// errLocal says that the mirror can't make a revert, which no later try changes.
var errLocal = errors.New("no revert can be made of it")

// offer prepares the revert, unless there is one already.
func (r *reverter) offer(ctx context.Context, e record.Entry, log *zap.Logger) error {
	branch := revert.Branch(e.Commit)
	pulls, err := r.forge.OpenPulls(ctx, r.branch)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(pulls, func(p forge.Pull) bool { return p.HeadBranch == branch && !p.Fork }); i >= 0 {
		r.known.opened(e.Commit, pulls[i].URL)
		return nil
	}
	if theirs, err := r.isTaken(ctx, branch); err != nil || theirs {
		return err
	}
	reverted, err := r.make(e)
	switch {
	case err != nil:
		return err
	case reverted.Nothing:
		log.Info("the branch holds nothing of the commit any more: there is nothing to take back")
		return nil
	case e.State == record.Failed:
		return r.prepare(ctx, e, reverted, log)
	}
	note := fmt.Sprintf("%s was rolled back from it: %s", e.Environment, toldText(e))
	pull, err := revert.Offer(ctx, r.mirror, r.forge, reverted, branch, r.branch, note)
	if err != nil {
		return err
	}
	log.Info("a pull request takes the commit back", zap.String("url", pull.URL))
	r.known.opened(e.Commit, pull.URL)
	return nil
}

// isTaken reports whether somebody else has pushed to a branch: it is left to them.
func (r *reverter) isTaken(ctx context.Context, branch string) (bool, error) {
	found, err := r.mirror.Branches(ctx, branch)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(found, func(b source.Branch) bool { return b.Name == branch })
	if i < 0 {
		return false, nil
	}
	tip, err := r.mirror.Tip(ctx, found[i])
	return err == nil && !isSluices(tip), err
}

// prepare pushes the branch alone.
func (r *reverter) prepare(ctx context.Context, e record.Entry, reverted source.Reverted, log *zap.Logger) error {
	branch := revert.Branch(e.Commit)
	if err := r.mirror.Push(ctx, branch, reverted.Proposal); err != nil {
		return err
	}
	log.Info("a branch takes the commit back: open a pull request from it", zap.String("branch", branch))
	r.known.prepare(e.Commit, r.link(branch))
	return nil
}

// make makes what takes a commit back on top of the branch as it is mirrored: the same commit as long as that does not move. A commit that was
// rolled back is taken back with all that came with it, so that the branch says again what runs.
func (r *reverter) make(e record.Entry) (source.Reverted, error) {
	onto := r.mirror.Mirrored()
	head, err := r.mirror.At(onto)
	if err != nil {
		return source.Reverted{}, errors.Join(errLocal, err)
	}
	by := sluice(head.Commit.When)
	back := r.before(e)
	if back != "" {
		if by.Message, err = revert.Message(r.mirror, back, e.Commit); err != nil {
			return source.Reverted{}, errors.Join(errLocal, err)
		}
	}
	takeBack := func() (source.Reverted, error) {
		if back == "" {
			return r.mirror.Revert(e.Commit, onto, by)
		}
		return r.mirror.RevertTo(back, e.Commit, onto, by)
	}
	reverted, err := takeBack()
	if err != nil {
		return reverted, errors.Join(errLocal, err)
	}
	if err := revert.Conflicts(reverted); err != nil || reverted.Nothing {
		return reverted, err
	}
	said := reverted.Proposal.Commit.Message
	by.Message = strings.TrimRight(said, "\n") + "\n\n" + r.marker + "\n"
	reverted, err = takeBack()
	reverted.Proposal.Commit.Message = said // what a pull request says
	return reverted, err
}

// before returns the commit that is gone back to where more than the commit of an end is to be taken back: that which runs again, if the branch
// has brought others since. Empty: the commit alone is taken back.
func (r *reverter) before(e record.Entry) string {
	if e.State != record.RolledBack || e.Restores == "" {
		return ""
	}
	commit, err := r.mirror.At(e.Commit)
	if err != nil || len(commit.Commit.Parents) > 0 && commit.Commit.Parents[0] == e.Restores {
		return ""
	}
	if _, err := r.mirror.Ancestor(e.Restores, e.Commit); err != nil {
		return "" // the branch was rewritten since
	}
	return e.Restores
}

// listReverts finds the pull requests that take commits back among all that are open: those of people and of an earlier run as well.
func (d *Daemon) listReverts(pulls []forge.Pull) {
	open := map[string]string{}
	for _, pull := range pulls {
		short := revert.Undone(pull.HeadBranch)
		if short == "" || pull.Fork {
			continue
		}
		if undone, err := d.Source.At(short); err == nil {
			open[undone.Commit.Hash] = pull.URL
		}
	}
	d.insight.reverts.list(open)
}

func short(hash string) string { return hash[:min(7, len(hash))] }
