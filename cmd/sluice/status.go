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
	var config, address, output string
	var watch bool
	cmd := &cobra.Command{
		Use:   "status -c FILE|--server ADDRESS [--watch]",
		Short: "Show what runs where, by which commit",
		Long: `Status asks the daemon. When none answers it reads the journal, and says so: then it shows what the journal holds as
applied, not what a pass is doing. With --watch it goes on asking, until it is interrupted.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if watch {
				return a.watchStatus(cmd.Context(), config, address, output)
			}
			return a.status(cmd.Context(), config, address, output)
		},
	}
	configFlag(cmd, &config)
	cmd.Flags().StringVar(&address, "server", "", "the daemon's `ADDRESS`, as 127.0.0.1:8080; from FILE when it is not given")
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on asking; show each change")
	outputFlag(cmd, &output, "text", "json", "yaml")
	return cmd
}

func (a *app) status(ctx context.Context, config, address, output string) error {
	status, err := a.readStatus(ctx, config, address)
	if err != nil {
		return err
	}
	if output != "text" {
		return a.write(output, status)
	}
	return a.printStatus(status)
}

func (a *app) readStatus(ctx context.Context, config, address string) (reconciler.Status, error) {
	if address != "" {
		return askStatus(ctx, atServer(address))
	}
	s, err := a.load(config)
	if err != nil {
		return reconciler.Status{}, err
	}
	status, askErr := askStatus(ctx, atServer(s.Listen))
	if askErr == nil {
		return status, nil
	}
	past, err := daemon.ReadJournal(s)
	if errors.Is(err, fs.ErrNotExist) {
		return reconciler.Status{}, fmt.Errorf("%w\n\thint: nothing was applied here yet: there is no journal %s", askErr, s.Journal.Path)
	}
	if err != nil {
		return reconciler.Status{}, errors.Join(askErr, err)
	}
	defer past.Close()
	fmt.Fprintf(a.stderr, "sluice: no daemon answers at %s; this is what the journal says\n", s.Listen)
	return reconciler.StatusFromJournal(past), nil
}

func askStatus(ctx context.Context, at server) (reconciler.Status, error) {
	var status reconciler.Status
	err := at.get(ctx, "/api/v1/status", &status)
	return status, err
}
