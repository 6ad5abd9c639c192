package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluice-gitops/sluice/gateway/schema"
	"github.com/sluice-gitops/sluice/importer"
)

// imports are the flags of import.
type imports struct {
	config, to, secretsDir string
	common                 []string
	split, force           bool
	adc, env, group        string
}

func (a *app) importCommand() *cobra.Command {
	var i imports
	cmd := &cobra.Command{
		Use:   "import -c FILE GROUP…",
		Short: "Write a config repo from what running gateway groups hold",
		Long: `Import reads gateway groups whole and writes a config repo that says the same, each group into its environment. Secrets are
replaced by names and listed. Then it proves itself: the files are rendered and planned against what was read, and nothing may
change but the label that says who owns a resource. It writes nothing to gateways.`,
		Example: `  sluice import -c sluice-daemon.yaml prod-eu --to repo
  sluice import -c sluice-daemon.yaml --common test,uat,prod-eu,prod-us --split --to repo
  sluice import --adc adc.yaml --env prod --group prod-eu --to repo`,
		Args: func(cmd *cobra.Command, args []string) error { return i.check(cmd.Flags(), args) },
		RunE: func(cmd *cobra.Command, args []string) error { return a.importGroups(cmd.Context(), i, args) },
	}
	i.flags(cmd)
	cmd.AddCommand(a.importOpenAPICommand())
	return cmd
}

func (i *imports) flags(cmd *cobra.Command) {
	configFlag(cmd, &i.config)
	flags := cmd.Flags()
	flags.StringVarP(&i.to, "to", "C", ".", "write into `DIR`, which must be empty")
	flags.StringSliceVar(&i.common, "common", nil, "write what these `GROUPS` share into layers that their environments inherit")
	flags.BoolVar(&i.split, "split", false, "give each service a layer of its own")
	flags.StringVar(&i.secretsDir, "secrets-dir", "", "write the secrets that the gateways show into `DIR`, a file each")
	flags.BoolVar(&i.force, "force", false, "write into a directory that is not empty; files of the same name are replaced")
	flags.StringVar(&i.adc, "adc", "", "read an ADC `FILE` instead of gateway groups")
	flags.StringVar(&i.env, "env", "main", "with --adc: the `NAME` of the environment")
	flags.StringVar(&i.group, "group", "main", "with --adc: the `NAME` of the gateway group")
	_ = cmd.MarkFlagDirname("to")
	_ = cmd.MarkFlagDirname("secrets-dir")
}

// check refuses what can't be meant.
func (i *imports) check(given *pflag.FlagSet, args []string) error {
	switch {
	case i.adc != "" && len(args)+len(i.common) > 0:
		return usageError{errors.New("--adc reads a file, and no gateway group")}
	case i.adc == "" && (given.Changed("env") || given.Changed("group")):
		return usageError{errors.New("--env and --group name what --adc reads, and --adc is missing")}
	case i.adc == "" && len(args)+len(i.common) == 0:
		return usageError{errors.New("GROUP is missing")}
	}
	for flag, name := range map[string]string{"--env": i.env, "--group": i.group} {
		if !goodName.MatchString(name) {
			return usageError{fmt.Errorf("%s: %q is not a name: use letters, digits, dots, _ and -", flag, name)}
		}
	}
	return nil
}

// goodName is what environments and gateway groups may be called: their names become those of directories.
var goodName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (a *app) importGroups(ctx context.Context, i imports, args []string) error {
	if i.adc == "" && i.config == "" {
		_, err := a.load(i.config) // what is missing is told before what is in the way
		return err
	}
	if err := i.place(); err != nil {
		return err
	}
	undo, err := i.makeSecretsDir()
	if err != nil {
		return err
	}
	what, err := a.readSource(ctx, i, args)
	if err != nil {
		undo()
		return err
	}
	repo := importer.Import(what.groups, importer.Options{Common: i.common, Split: i.split, Source: what.title})
	written, err := a.writeRepo(i, repo)
	if err != nil {
		undo()
		return err
	}
	stored, err := storeSchemas(i.to, what)
	if err != nil {
		return err
	}
	return a.reportImport(i, what, repo, wrote{secrets: written, schemas: stored})
}

// holdings are what is to be imported.
type holdings struct {
	groups  []importer.Group
	title   string                 // what they come from, in a few words
	branch  string                 // the one that the daemon follows
	schemas map[string]*schema.Set // what the gateways take, by group, of those that tell
}

// readSource reads what is to be imported.
func (a *app) readSource(ctx context.Context, i imports, args []string) (holdings, error) {
	if i.adc != "" {
		groups, err := a.readADC(i)
		return holdings{groups: groups, title: "an ADC file", branch: "main"}, err
	}
	return a.readGroups(ctx, i, slices.Compact(slices.Sorted(slices.Values(slices.Concat(args, i.common)))))
}
