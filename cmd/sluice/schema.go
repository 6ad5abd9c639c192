package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	var dir, repo string
	cmd := &cobra.Command{
		Use:   "schema [root|environment|fragment|policies|daemon]",
		Short: "Print the JSON Schemas of the files that people write; keep those of gateways",
		Long: `Schema prints the JSON Schema (draft-07) of one kind of file, so that editors complete and check it:

    root         sluice.yaml                 environment  environment.yaml
    fragment     files of layers             policies     files below policies/
    daemon       the daemon's own file

With --dir it writes all of them, as NAME.json. An editor with yaml-language-server finds one by a comment in the first line:

    # yaml-language-server: $schema=.sluice/schema/root.json

Of the schemas of gateways that the config repo holds, fragment takes fields and plugins.`,
		Example:   "  sluice schema --dir .sluice/schema\n  sluice schema environment",
		Args:      takesSchema,
		ValidArgs: schemaNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && dir == "" {
				return cmd.Help()
			}
			return a.schema(args, dir, repo)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "write all schemas to `DIR`")
	_ = cmd.MarkFlagDirname("dir")
	repoFlag(cmd, &repo)
	cmd.AddCommand(a.schemaPullCommand())
	return cmd
}

func (a *app) schemaPullCommand() *cobra.Command {
	var config, repo string
	cmd := &cobra.Command{
		Use:   "pull GROUP",
		Short: "Store the schemas of a gateway group in the config repo",
		Long: `Pull reads from a gateway group what it takes, its plugins included, and stores it below schemas/ in the config repo, with an
entry in schemas/groups.yaml. From then on validate, plan and the daemon look at the group's resources as exactly as its
gateway would. Pull again when the gateway was upgraded or its plugins changed. It writes nothing to the gateway.`,
		Example: "  sluice schema pull prod-eu -c sluice-daemon.yaml",
		Args:    takes("GROUP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.pullSchema(cmd.Context(), config, repo, args[0])
		},
	}
	cmd.DisableFlagsInUseLine = true
	configFlag(cmd, &config)
	repoFlag(cmd, &repo)
	return cmd
}

func (a *app) pullSchema(ctx context.Context, config, repo, group string) error {
	root, err := repoRoot(repo)
	if err != nil {
		return err
	}
	set, err := a.readSchema(ctx, config, group)
	if err != nil {
		return err
	}
	stored, err := storeSchema(root, group, set)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s, %s\n%s: %s\n", stored.file, count(len(set.Plugins), "plugin"), stored.fileDone, stored.entry, stored.entryDone)
	return err
}

// describes is a gateway that tells what it takes.
type describes interface {
	Schema(ctx context.Context) (*schema.Set, error)
}

func (a *app) readSchema(ctx context.Context, config, name string) (*schema.Set, error) {
	s, err := a.load(config)
	if err != nil {
		return nil, err
	}
	if s, err = onlyGroups(s, []string{name}); err != nil {
		return nil, err
	}
	clients, err := daemon.OpenGroups(s, nil, zap.NewNop())
	if err != nil {
		return nil, err
	}
	defer clients.Close()
	for _, group := range clients.List() {
		if gateway, ok := group.Gateway.(describes); ok {
			set, err := gateway.Schema(ctx)
			if err != nil {
				return nil, fmt.Errorf("gateway group %q: %w", name, err)
			}
			return set, nil
		}
	}
	return nil, fmt.Errorf("gateway group %q does not tell its schemas", name)
}
