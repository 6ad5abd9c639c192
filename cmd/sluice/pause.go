package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
)

// caller is who asks which daemon to change something.
type caller struct{ config, server, tokenFile, by string }

func (c *caller) flags(cmd *cobra.Command) {
	configFlag(cmd, &c.config)
	c.addressFlags(cmd)
	cmd.Flags().StringVar(&c.by, "by", "", "your `NAME`, for the record; that of your user when it is not given")
}

// addressFlags say which daemon is meant, and what it is shown.
func (c *caller) addressFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.server, "server", "", "the daemon's `ADDRESS`, as 127.0.0.1:8080; from the daemon's own file when it is not given")
	cmd.Flags().StringVar(&c.tokenFile, "token-file", "", "the `FILE` of the token; api.tokenFile of the daemon's own file when it is not given")
}

func (a *app) pauseCommand() *cobra.Command {
	var from caller
	var length time.Duration
	var reason string
	cmd := &cobra.Command{
		Use:   "pause -c FILE --for DURATION --reason TEXT ENV",
		Short: "Stop an environment for a time, on record",
		Long: `Pause asks the daemon to apply nothing to ENV for a time of at most 7 days: drift is told and not healed, and what has begun is
finished. What is to last longer is said in environment.yaml, by paused.`,
		Example: `  sluice pause -c sluice-daemon.yaml --for 2h --reason "looking into INC-4711" prod`,
		Args:    takes("ENV"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if length <= 0 || reason == "" {
				return usageError{errors.New("a pause needs an end and a reason: --for 2h --reason TEXT")}
			}
			return a.pause(cmd.Context(), from, args[0], web.PauseRequest{For: length.String(), Reason: reason})
		},
	}
	from.flags(cmd)
	cmd.Flags().DurationVar(&length, "for", 0, "how long, as 2h; the pause ends by itself then")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the status and the record")
	return cmd
}

func (a *app) resumeCommand() *cobra.Command {
	var from caller
	cmd := &cobra.Command{
		Use:   "resume -c FILE ENV",
		Short: "End the pause of an environment, on record",
		Long:  `Resume ends a pause that sluice pause has begun. One that environment.yaml says ends by a commit.`,
		Args:  takes("ENV"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.resume(cmd.Context(), from, args[0])
		},
	}
	from.flags(cmd)
	return cmd
}

func (a *app) pause(ctx context.Context, from caller, env string, request web.PauseRequest) error {
	paused, err := a.callPause(ctx, from, env, "pause", request)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s is paused until %s\n", env, paused.Until.Format(time.RFC3339))
	return nil
}

func (a *app) resume(ctx context.Context, from caller, env string) error {
	if _, err := a.callPause(ctx, from, env, "resume", web.PauseRequest{}); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s goes on\n", env)
	return nil
}

// callPause asks the daemon, with the token that the daemon's own file or the flag names.
func (a *app) callPause(ctx context.Context, from caller, env, verb string, request web.PauseRequest) (record.Pause, error) {
	daemon, _, err := a.serverOf(from)
	if err != nil {
		return record.Pause{}, err
	}
	request.By = from.name()
	var answer record.Pause
	err = daemon.call(ctx, http.MethodPost, "/api/v1/environments/"+url.PathEscape(env)+"/"+verb, request, &answer)
	return answer, err
}

// name is who asks, as the record shall call them.
func (c *caller) name() string {
	if c.by != "" {
		return c.by
	}
	return userName()
}

// userName names who runs the command, as far as the machine knows.
func userName() string {
	name := os.Getenv("USER")
	if known, err := user.Current(); err == nil {
		name = known.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	return strings.TrimSpace(cmp.Or(name, "somebody") + " on " + host)
}
