package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	undo "github.com/sluice-gitops/sluice/revert"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
)

// revertFlags are what revert is asked to do.
type revertFlags struct {
	config, repo, to, branch, output string
	dryRun, force                    bool
}

func (a *app) revertCommand() *cobra.Command {
	var f revertFlags
	cmd := &cobra.Command{
		Use:   "revert COMMIT",
		Short: "Take back a commit: as a branch, and as a pull request where a forge is named",
		Long: `Revert makes one commit that takes back what a commit has brought, and keeps what has come since. Of a merge it takes back all that the
merge brought to its first parent. With the daemon's file the commit is made on top of the followed branch, pushed, and opened as a pull
request where the file names a forge; it says which commit each gateway group is brought back to. Without, a branch of a local clone is
made. No work tree is touched. Where the same lines have changed since, nothing is done, and the files are named. With --to all that came
after an earlier commit goes, up to and with this one.`,
		Example: `  sluice revert 1a2b3c4 -c sluice-daemon.yaml
  sluice revert HEAD --repo gateways`,
		Args: takes("COMMIT"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.revert(cmd.Context(), f, args[0]) },
	}
	configFlag(cmd, &f.config)
	repoFlag(cmd, &f.repo)
	cmd.Flags().StringVar(&f.to, "to", "", "go back to `COMMIT`: take back all that came after it as well")
	cmd.Flags().StringVar(&f.branch, "branch", "", "the `NAME` of the branch; sluice/revert-COMMIT when not given")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be done, and write nothing")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace a branch of that name in the clone")
	outputFlag(cmd, &f.output, "text", "json", "yaml")
	return cmd
}

func (a *app) revert(ctx context.Context, f revertFlags, commit string) error {
	doc, err := revertDocument{}, error(nil)
	if f.config == "" {
		doc, err = revertInClone(f, commit)
	} else {
		doc, err = a.revertOnBranch(ctx, f, commit)
	}
	if err != nil {
		return err
	}
	if f.output != "text" {
		return a.write(f.output, doc)
	}
	a.printRevert(doc)
	return nil
}

// revertInClone makes a branch of a local clone.
func revertInClone(f revertFlags, commit string) (revertDocument, error) {
	root, err := repoRoot(f.repo)
	if err != nil {
		return revertDocument{}, err
	}
	c, err := openClone(root)
	if err != nil {
		return revertDocument{}, err
	}
	defer c.Close()
	by, err := c.Notice(time.Now())
	if err != nil {
		return revertDocument{}, err
	}
	if _, err := c.Ancestor(commit, ""); err != nil && !errors.Is(err, source.ErrUnknownCommit) {
		return revertDocument{}, err
	}
	undone, err := c.At(commit)
	if err != nil {
		return revertDocument{}, err
	}
	if f.to != "" { // a clone knows HEAD and branches too
		back, err := c.At(f.to)
		if err != nil {
			return revertDocument{}, err
		}
		f.to = back.Commit.Hash
	}
	reverted, err := f.takeBack(c, undone.Commit.Hash, "HEAD", by)
	if err != nil {
		return revertDocument{}, err
	}
	doc, err := documentOf(reverted, f)
	if err != nil || f.dryRun || reverted.Nothing {
		return doc, err
	}
	doc.Branch, doc.Push = branchOf(reverted, f), true
	return doc, c.Keep(reverted.Proposal, doc.Branch, f.force)
}

// revertOnBranch makes a commit on top of the followed branch, and offers it.
func (a *app) revertOnBranch(ctx context.Context, f revertFlags, commit string) (revertDocument, error) {
	s, err := a.load(f.config)
	if err != nil {
		return revertDocument{}, err
	}
	repository, done, err := openBeside(ctx, s)
	if err != nil {
		return revertDocument{}, err
	}
	defer done()
	head, err := repository.Latest(ctx)
	if err != nil {
		return revertDocument{}, err
	}
	undone, err := repository.Ancestor(commit, head.Commit.Hash)
	if err != nil {
		return revertDocument{}, err
	}
	reverted, err := f.takeBack(repository, undone.Commit.Hash, head.Commit.Hash, whoever())
	if err != nil {
		return revertDocument{}, err
	}
	doc, err := documentOf(reverted, f)
	if err != nil || reverted.Nothing {
		return doc, err
	}
	// Pins are read from what leads to the followed branch: the commit itself stands nowhere yet.
	as := source.Snapshot{FS: reverted.FS, Commit: source.Commit{Hash: head.Commit.Hash, Subject: reverted.Proposal.Commit.Subject}}
	if doc.Groups, err = comesBack(ctx, s, repository, as); err != nil || f.dryRun {
		return doc, err
	}
	doc.Branch = branchOf(reverted, f)
	doc.PullRequest, err = offer(ctx, s, repository, doc, reverted)
	return doc, err
}

// reverter is where reverts are made; source.Repository and source.Clone are.
type reverter interface {
	undo.History
	Revert(commit, onto string, n source.Notice) (source.Reverted, error)
	RevertTo(back, commit, onto string, n source.Notice) (source.Reverted, error)
}

// takeBack takes back a commit, given by its whole hash, or with --to all that came after an earlier one as well.
func (f revertFlags) takeBack(in reverter, commit, onto string, by source.Notice) (source.Reverted, error) {
	if f.to == "" {
		return in.Revert(commit, onto, by)
	}
	back, err := in.Ancestor(f.to, commit)
	if err != nil {
		return source.Reverted{}, err
	}
	if by.Message, err = undo.Message(in, back.Commit.Hash, commit); err != nil {
		return source.Reverted{}, err
	}
	return in.RevertTo(back.Commit.Hash, commit, onto, by)
}

// whoever makes a commit where no clone says who that is.
func whoever() source.Notice {
	return source.Notice{
		Name: cmp.Or(os.Getenv("GIT_AUTHOR_NAME"), "Sluice"), Email: cmp.Or(os.Getenv("GIT_AUTHOR_EMAIL"), "sluice@localhost"), When: time.Now(),
	}
}

func branchOf(reverted source.Reverted, f revertFlags) string {
	return cmp.Or(f.branch, undo.Branch(reverted.Undone.Hash))
}

// documentOf says what is reverted, or which files stand against it.
func documentOf(reverted source.Reverted, f revertFlags) (revertDocument, error) {
	doc := revertDocument{
		Reverts: reverted.Undone.Hash, Subject: reverted.Undone.Subject, Before: reverted.Before.Hash, Nothing: reverted.Nothing, All: f.to != "",
		Commit: reverted.Proposal.Commit.Hash, Groups: []revertedGroup{},
	}
	return doc, undo.Conflicts(reverted)
}

// offer pushes the branch, and opens a pull request where a forge is named.
func offer(ctx context.Context, s settings.Settings, to undo.Pusher, doc revertDocument, reverted source.Reverted) (*openedPull, error) {
	at, err := daemon.OpenForge(s, nil)
	if err != nil {
		return nil, err
	}
	pull, err := undo.Offer(ctx, to, at, reverted, doc.Branch, s.Repository.Branch, doc.restores())
	if err != nil || at == nil {
		return nil, err
	}
	return &openedPull{pull.Number, pull.URL}, nil
}
