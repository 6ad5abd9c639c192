package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
)

func (a *app) planCommand() *cobra.Command {
	var config, repo, output string
	cmd := &cobra.Command{
		Use:   "plan -c FILE [ENV]",
		Short: "Show what would change on the live gateways; exit status 2 when something would",
		Long: `Plan renders the newest commit of the followed branch, or the work tree that --repo names, and compares it with the
live gateway groups. It writes nothing, and may run beside a daemon.`,
		Args: takes("[ENV]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.plan(cmd.Context(), config, repo, output, args)
		},
	}
	configFlag(cmd, &config)
	cmd.Flags().StringVar(&repo, "repo", "", "plan the work tree in `DIR`, not the followed branch")
	_ = cmd.MarkFlagDirname("repo")
	outputFlag(cmd, &output, "text", "json", "yaml")
	return cmd
}

func (a *app) plan(ctx context.Context, config, repo, output string, only []string) error {
	s, err := a.load(config)
	if err != nil {
		return err
	}
	commit, err := a.toPlan(ctx, &s, repo)
	if err != nil {
		return err
	}
	defer commit.close()
	planner, closePlanner, err := openPlanner(s, commit.history)
	if err != nil {
		return err
	}
	defer closePlanner()
	tree, err := planner.Load(commit.snapshot)
	if err != nil {
		return err
	}
	p := plans{app: a, planner: planner, snapshot: commit.snapshot, tree: tree, output: output}
	return p.print(ctx, only)
}

// toPlan is a commit to plan, and the history that its pins are read from. It can be read until it is closed.
type toPlan struct {
	snapshot source.Snapshot
	history  reconciler.History
	close    func()
}

// toPlan opens the work tree as it is, or the branch's newest commit. A work tree is opened at its sluice.yaml, so that what the
// daemon's file says of the root is done with.
func (a *app) toPlan(ctx context.Context, s *settings.Settings, repo string) (toPlan, error) {
	if repo != "" {
		s.Repository.Root = "."
		root, err := repoRoot(repo)
		work := source.Snapshot{FS: os.DirFS(root), Commit: source.Commit{Subject: "work tree"}}
		return toPlan{work, newWorkTree(root), func() {}}, err
	}
	repository, done, err := openBeside(ctx, *s)
	if err != nil {
		return toPlan{}, err
	}
	snapshot, err := repository.Latest(ctx)
	if err != nil {
		done()
		return toPlan{}, err
	}
	return toPlan{snapshot, repository, done}, nil
}

// openBeside opens a mirror beside that of the daemon, which holds its own, and one for this call alone while another plan has
// that one.
func openBeside(ctx context.Context, s settings.Settings) (*source.Repository, func(), error) {
	s.Repository.Mirror += ".plan"
	repository, err := daemon.OpenSource(ctx, s, zap.NewNop())
	if !errors.Is(err, source.ErrLocked) {
		return repository, func() { repository.Close() }, err
	}
	own, err := os.MkdirTemp("", "sluice-plan-")
	if err != nil {
		return nil, nil, err
	}
	s.Repository.Mirror = own
	repository, err = daemon.OpenSource(ctx, s, zap.NewNop())
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(own))
	}
	return repository, func() { repository.Close(); os.RemoveAll(own) }, nil
}

// openPlanner connects to the gateway groups and reads the journal, which need not exist yet. Pins are read from history.
func openPlanner(s settings.Settings, history reconciler.History) (*reconciler.Planner, func(), error) {
	past, err := daemon.ReadJournal(s)
	if errors.Is(err, fs.ErrNotExist) {
		past, err = &record.View{}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	groups, err := daemon.OpenGroups(s, nil, zap.NewNop())
	if err != nil {
		return nil, nil, errors.Join(err, past.Close())
	}
	verifier, err := daemon.Verifier(s, groups)
	if err != nil {
		return nil, nil, errors.Join(err, past.Close())
	}
	config := reconciler.Config{Groups: groups.List(), History: history, Keys: daemon.Keys(s.SOPS), Values: s.Values(), Verifier: verifier, Root: s.Repository.Root}
	return reconciler.NewPlanner(config, past), func() { past.Close() }, nil
}
