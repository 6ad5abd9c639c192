package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

func (a *app) statusCommand() *cobra.Command {
	var config, server, output string
	cmd := &cobra.Command{
		Use:   "status -c FILE|--server ADDRESS",
		Short: "Show what runs where, by which commit",
		Long: `Status asks the daemon. When none answers it reads the journal, and says so: then it shows what the journal holds as
applied, not what a pass is doing.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context(), config, server, output) },
	}
	configFlag(cmd, &config)
	cmd.Flags().StringVar(&server, "server", "", "the daemon's `ADDRESS`, as 127.0.0.1:8080; from FILE when it is not given")
	outputFlag(cmd, &output, "text", "json", "yaml")
	return cmd
}

func (a *app) status(ctx context.Context, config, server, output string) error {
	status, err := a.readStatus(ctx, config, server)
	if err != nil {
		return err
	}
	if output != "text" {
		return a.write(output, status)
	}
	return a.printStatus(status)
}

func (a *app) readStatus(ctx context.Context, config, server string) (reconciler.Status, error) {
	if server != "" {
		if server = strings.TrimSuffix(server, "/"); !strings.Contains(server, "://") {
			server = "http://" + server
		}
		return askDaemon(ctx, server)
	}
	s, err := a.load(config)
	if err != nil {
		return reconciler.Status{}, err
	}
	status, askErr := askDaemon(ctx, "http://"+s.Listen)
	if askErr == nil {
		return status, nil
	}
	past, err := record.Read(s.Journal.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return reconciler.Status{}, fmt.Errorf("%w\n\thint: nothing was applied here yet: there is no journal %s", askErr, s.Journal.Path)
	}
	if err != nil {
		return reconciler.Status{}, errors.Join(askErr, err)
	}
	defer past.Close()
	fmt.Fprintf(a.stderr, "sluice: no daemon answers at %s; this is what the journal says\n", s.Listen)
	return reconciler.StatusFromJournal(past)
}

// askTime bounds how long a daemon may take to answer.
const askTime = 5 * time.Second

func askDaemon(ctx context.Context, server string) (reconciler.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var status reconciler.Status
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/api/v1/status", nil)
	if err != nil {
		return status, usageError{err}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return status, fmt.Errorf("ask the daemon: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return status, fmt.Errorf("ask the daemon: %s answered %s", server, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 64<<20)).Decode(&status); err != nil {
		return status, fmt.Errorf("ask the daemon: read its answer: %w", err)
	}
	return status, nil
}
