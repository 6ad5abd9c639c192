package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/diag"
)

// usageError is a command line that can't be read.
type usageError struct{ error }

// Unwrap returns the error below.
func (e usageError) Unwrap() error { return e.error }

// takes checks the arguments of a command by their names; a name in brackets may be missing.
func takes(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return usageError{fmt.Errorf("unexpected argument %q", args[len(names)])}
		}
		for _, name := range names[len(args):] {
			if !strings.HasPrefix(name, "[") {
				return usageError{fmt.Errorf("%s is missing", name)}
			}
		}
		return nil
	}
}

// noSuchCommand refuses what is no command of parent, and names the one that was meant.
func noSuchCommand(parent *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, cmd := range parent.Commands() {
		names = append(names, cmd.Name())
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	if hint := diag.DidYouMean(args[0], names, ""); hint != "" {
		text += "; " + hint
	}
	return usageError{errors.New(text)}
}

// printUsage says what is wrong with the command line, how it is written, and where to read more.
func (a *app) printUsage(cmd *cobra.Command, err error) {
	use := cmd.UseLine()
	if cmd.HasSubCommands() && cmd.Use == cmd.Name() {
		use = cmd.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(a.stderr, "sluice: %v\nusage: %s\n\thint: `%s --help` says more\n", err, use, cmd.CommandPath())
}
