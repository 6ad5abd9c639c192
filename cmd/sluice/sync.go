package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
)

func (a *app) syncCommand() *cobra.Command {
	var from caller
	var retry string
	cmd := &cobra.Command{
		Use:   "sync -c FILE [--retry ENV]",
		Short: "Ask the daemon to look now, on record",
		Long: `Sync asks the daemon to look at the config repo and at everything live now, and not at the next poll or drift interval. With --retry it
also tries again what failed or is held in ENV. What a guard holds is not allowed by it: that is a commit with a trailer.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.sync(cmd.Context(), from, retry) },
	}
	from.flags(cmd)
	cmd.Flags().StringVar(&retry, "retry", "", "try again what failed or is held in `ENV`")
	return cmd
}

func (a *app) sync(ctx context.Context, from caller, retry string) error {
	daemon, _, err := a.serverOf(from)
	if err != nil {
		return err
	}
	path, said := "/api/v1/sync", "the daemon looks now"
	if retry != "" {
		path, said = "/api/v1/environments/"+url.PathEscape(retry)+"/retry", retry+" is tried again"
	}
	var answer record.Act
	if err := daemon.call(ctx, http.MethodPost, path, web.ActRequest{By: from.name()}, &answer); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, said)
	return nil
}
