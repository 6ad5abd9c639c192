package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/record"
)

func (a *app) applyCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "apply -c FILE ENV",
		Short: "Apply the newest commit to one environment, once, on record",
		Long: `Apply does for one environment what the daemon does: guards, waves, barriers, read-back, journal. What ENV comes
after must have applied the same commit. It needs the journal for itself, so it does not run beside a daemon.`,
		Args: takes("ENV"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.apply(cmd.Context(), config, args[0]) },
	}
	configFlag(cmd, &config)
	return cmd
}

func (a *app) apply(ctx context.Context, config, env string) error {
	s, err := a.load(config)
	if err != nil {
		return err
	}
	s.Listen = "127.0.0.1:0"
	steps := narrator{app: a}
	d, err := daemon.Open(ctx, s, daemon.Options{Log: zap.NewNop(), Observe: steps.observe})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Lead(ctx); err != nil {
		return err
	}
	status, err := d.Reconciler().Apply(ctx, env)
	if err != nil {
		return err
	}
	if status.State == string(record.Applied) || status.State == string(record.Unchanged) {
		steps.nothingNew(status)
		return nil
	}
	fmt.Fprintln(a.stderr, cmp.Or(status.Detail, status.Text))
	return fmt.Errorf("%s is %s at %s", env, status.State, short(status.Target))
}

func short(hash string) string { return hash[:min(7, len(hash))] }
