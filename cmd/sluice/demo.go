package main

import (
	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/cmd/sluice/demo"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

func (a *app) demoCommand() *cobra.Command {
	var tour bool
	cmd := &cobra.Command{
		Use:   "demo [DIR]",
		Short: "See all of it with nothing to set up: a config repo, four gateway groups, the daemon",
		Long: `Demo sets up a config repo, a backend for each environment, four embedded gateway groups and the daemon, all in one
directory (a new one below the temporary directory when none is given), and tells what happens as it happens.

With --tour it makes the commits itself, under traffic, checks what each of them did, and ends: with status 0 when every
step and every request was good.`,
		Args: takes("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			log, err := logger(a.stderr, settings.Log{Level: "dpanic"})
			if err != nil {
				return err
			}
			options := demo.Options{Tour: tour, Out: a.stdout, Paint: a.paintState(), Log: log.Logger, Version: moduleVersion(), Commit: buildCommit()}
			if len(args) == 1 {
				options.Dir = args[0]
			}
			return demo.Run(cmd.Context(), options)
		},
	}
	cmd.Flags().BoolVar(&tour, "tour", false, "make the commits, check what they do, and end")
	return cmd
}

// paintState colours a state by what it means.
func (a *app) paintState() func(record.State, string) string {
	paint := painter(a.stdout)
	return func(state record.State, text string) string { return paint(stateColour(state), text) }
}

func stateColour(state record.State) string {
	switch state {
	case record.Applied, record.Unchanged:
		return green
	case record.Failed, record.RolledBack:
		return red
	case record.Held:
		return yellow
	case record.Queued, record.Superseded:
		return dim
	}
	return cyan
}
