package manual

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func commandText(cmd *cobra.Command, version string) string {
	name := pageName(cmd)
	r := newPage(name, "1", version)
	r.section("NAME")
	r.line(name + " - " + cmd.Short)
	r.section("SYNOPSIS")
	r.line(cmd.UseLine())
	r.section("DESCRIPTION")
	r.text(cmp.Or(cmd.Long, cmd.Short+"."))
	subcommands(r, cmd)
	options(r, cmd)
	if cmd.Example != "" {
		r.section("EXAMPLES")
		r.verbatim(cmd.Example)
	}
	statuses(r)
	r.section("SEE ALSO")
	r.line(strings.Join(neighbours(cmd), ", "))
	return r.String()
}

func subcommands(r *roff, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	r.section("COMMANDS")
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			r.term(below.Use, below.Short)
		}
	}
}

func options(r *roff, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	r.section("OPTIONS")
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		argument, meaning := pflag.UnquoteUsage(flag)
		word := "--" + flag.Name
		if flag.Shorthand != "" {
			word = "-" + flag.Shorthand + ", " + word
		}
		if argument != "" {
			word += " " + argument
		}
		r.term(word, meaning)
	})
}

// statuses are the same for every command (docs/cli.md).
func statuses(r *roff) {
	r.section("EXIT STATUS")
	for _, status := range []struct {
		code    int
		meaning string
	}{
		{0, "done"}, {1, "a fault, or the state asked for was not reached"}, {2, "differences were found, where a command looks for them"},
		{64, "the command line can't be read"},
	} {
		r.term(fmt.Sprint(status.code), status.meaning)
	}
}

// neighbours are the pages one step away.
func neighbours(cmd *cobra.Command) []string {
	var names []string
	if cmd.HasParent() {
		names = append(names, pageName(cmd.Parent())+"(1)")
	}
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, pageName(below)+"(1)")
		}
	}
	return append(names, "sluice-daemon.yaml(5)")
}
