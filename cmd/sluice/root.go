package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// app is the program's outside: where it reads and writes.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// The exit statuses (docs/cli.md).
const (
	exitDone        = 0
	exitFault       = 1
	exitDifferences = 2
	exitUsage       = 64
)

// errDifferences ends plan when there is something to change: it is no fault, and prints nothing.
var errDifferences = errors.New("there are differences")

// errSilent ends a command whose result already says what is wrong.
var errSilent = errors.New("there are faults")

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sluice",
		Short: "GitOps for API gateways: promote by merging, roll back by reverting, read the status on the commit",
		Long: `Sluice follows a config repo and keeps gateway groups (Apache APISIX, API7 Enterprise) as the repo says,
stage by stage and wave by wave, with every applied commit on record.

    sluice demo          see all of it, with nothing to set up
    sluice init DIR      begin a config repo
    sluice run -c FILE   follow one`,
		SilenceUsage: true, SilenceErrors: true, DisableFlagsInUseLine: true,
		Version:           version(),
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              noSuchCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("sluice {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	a.addCommands(root)
	return root
}

// addCommands adds the commands in groups, in the order in which people meet them.
func (a *app) addCommands(root *cobra.Command) {
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"begin", "Begin", []*cobra.Command{a.demoCommand(), a.initCommand(), a.importCommand()}},
		{"repo", "Read the config repo, offline", []*cobra.Command{a.validateCommand(), a.renderCommand(), a.explainCommand(), a.diffCommand(), a.schemaCommand()}},
		{"gateways", "Compare and change live gateways", []*cobra.Command{a.planCommand(), a.promoteCommand(), a.revertCommand(), a.applyCommand(), a.runCommand()}},
		{"look", "See what runs where, and stop it", []*cobra.Command{a.statusCommand(), a.historyCommand(), a.syncCommand(), a.pauseCommand(), a.resumeCommand(), a.tokenCommand()}},
		{"other", "Other", []*cobra.Command{a.completionCommand(), a.manCommand(), a.versionCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title + ":"})
		for _, cmd := range group.commands {
			cmd.GroupID = group.id
			cmd.DisableFlagsInUseLine = true
			root.AddCommand(cmd)
		}
	}
	help := a.helpCommand()
	help.GroupID = "other"
	root.SetHelpCommand(help)
}

// exit prints what went wrong with cmd and returns the exit status.
func (a *app) exit(cmd *cobra.Command, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errDifferences):
		return exitDifferences
	case errors.Is(err, errSilent):
		return exitFault
	}
	if _, ok := errors.AsType[usageError](err); ok {
		a.printUsage(cmd, err)
		return exitUsage
	}
	a.printFaults(err)
	return exitFault
}
