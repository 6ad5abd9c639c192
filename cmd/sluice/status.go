package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/reconciler"
)

func (a *app) statusCommand() *cobra.Command {
	var from caller
	var output string
	var watch bool
	cmd := &cobra.Command{
		Use:   "status -c FILE|--server ADDRESS [--watch]",
		Short: "Show what runs where, by which commit",
		Long: `Status asks the daemon. When none answers it reads the journal, and says so: then it shows what the journal holds as
applied, not what a pass is doing. With --watch it goes on asking, until it is interrupted.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if watch {
				return a.watchStatus(cmd.Context(), from, output)
			}
			return a.status(cmd.Context(), from, output)
		},
	}
	configFlag(cmd, &from.config)
	from.addressFlags(cmd)
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on asking; show each change")
	outputFlag(cmd, &output, "text", "json", "yaml")
	return cmd
}

func (a *app) status(ctx context.Context, from caller, output string) error {
	status, err := a.readStatus(ctx, from)
	if err != nil {
		return err
	}
	if output != "text" {
		return a.write(output, status)
	}
	return a.printStatus(status)
}

// readStatus asks the daemon; where its own file is given and it does not tell, it reads the journal.
func (a *app) readStatus(ctx context.Context, from caller) (reconciler.Status, error) {
	at, s, err := a.serverOf(from)
	if err != nil {
		return reconciler.Status{}, err
	}
	status, askErr := askStatus(ctx, at)
	if askErr == nil || from.server != "" {
		return status, askErr
	}
	past, err := daemon.ReadJournal(s)
	if errors.Is(err, fs.ErrNotExist) {
		return reconciler.Status{}, fmt.Errorf("%w\n\thint: nothing was applied here yet: there is no journal %s", askErr, s.Journal.Path)
	}
	if err != nil {
		return reconciler.Status{}, errors.Join(askErr, err)
	}
	defer past.Close()
	why := "no daemon answers at " + s.Listen
	if refused, ok := errors.AsType[*refusedError](askErr); ok {
		why = refused.Error()
	}
	fmt.Fprintf(a.stderr, "sluice: %s; this is what the journal says\n", why)
	return reconciler.StatusFromJournal(past), nil
}

func askStatus(ctx context.Context, at server) (reconciler.Status, error) {
	var status reconciler.Status
	err := at.get(ctx, "/api/v1/status", &status)
	return status, err
}
