package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/cmd/sluice/memory"
	"github.com/sluice-gitops/sluice/cmd/sluice/systemd"
	"github.com/sluice-gitops/sluice/settings"
)

// configVariable names the daemon's file where -c is not given.
const configVariable = "SLUICE_CONFIG"

// configFlag adds -c, the daemon's own file.
func configFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVarP(into, "config", "c", os.Getenv(configVariable), "the daemon's own `FILE`; $"+configVariable+" when not given")
	cmd.Flags().Lookup("config").DefValue = ""
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
}

// load reads the daemon's file; warnings go to stderr, faults end the command.
func (a *app) load(path string) (settings.Settings, error) {
	if path == "" {
		return settings.Settings{}, usageError{errors.New("no daemon's file: give it with -c FILE, or in $" + configVariable)}
	}
	s, faults := settings.Load(path)
	if err := faults.Err(); err != nil {
		return s, err
	}
	if len(faults) > 0 {
		fmt.Fprintln(a.stderr, a.faultText(faults))
	}
	return s, nil
}

func (a *app) runCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "run -c FILE",
		Short: "Follow a config repo and keep the gateway groups as it says",
		Long: `Run is the daemon. It follows the branch that FILE names, applies each commit stage by stage and wave by wave,
heals drift, and serves the page, the API, /healthz and /readyz on its listen address.

SIGUSR1 makes it look at once and try again what failed. SIGHUP, or a change of FILE, makes it read FILE again, between two passes; a
FILE with faults is refused as a whole. Keys and secrets are read at each use. SIGINT and SIGTERM end it between two changes, a second
one at once.`,
		Example: `  # sluice-daemon.yaml, the least that it holds
  repository: {url: https://git.acme.com/platform/gateways.git}
  gatewayGroups:
    prod-eu: {adminURL: https://eu-admin:9180, adminKeyFile: /run/secrets/eu-admin-key, environment: prod}`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context(), config) },
	}
	configFlag(cmd, &config)
	return cmd
}

func (a *app) run(ctx context.Context, config string) error {
	s, err := a.load(config)
	if err != nil {
		return err
	}
	log, err := logger(a.stderr, s.Log)
	if err != nil {
		return err
	}
	collecting := memory.Collect(os.DirFS("/"), os.Getenv)
	log.Info("memory", zap.Int64("limit", collecting.Limit), zap.Int("garbage", collecting.Percent))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGHUP)
	defer signal.Stop(signals)
	manager := systemd.Manager{Log: log.Logger}
	d, err := daemon.Open(ctx, s, daemon.Options{
		Log: log.Logger, File: config, Level: &log.level, Reloading: manager.Reloading,
		Version: moduleVersion(), Commit: buildCommit(), Dropped: log.dropped.Load,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	log.Info("following", zap.String("repository", s.Repository.URL), zap.String("branch", s.Repository.Branch),
		zap.String("listen", d.URL()), zap.String("page", d.PageURL()), zap.Int("groups", len(s.GatewayGroups)))
	defer manager.Follow(ctx, d.Status)()
	if err := d.Run(ctx, signals); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}
