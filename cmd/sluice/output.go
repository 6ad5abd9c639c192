package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// outputFlag adds -o with the formats that a command knows; the first is the default.
func outputFlag(cmd *cobra.Command, into *string, formats ...string) {
	cmd.Flags().StringVarP(into, "output", "o", formats[0], "`FORMAT` of the result: "+strings.Join(formats, ", "))
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return formats, cobra.ShellCompDirectiveNoFileComp
	}
	// The flag was added on the line above, so registering for it can't go wrong.
	_ = cmd.RegisterFlagCompletionFunc("output", complete)
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(formats, *into) {
			return usageError{fmt.Errorf("output %q: want %s", *into, strings.Join(formats, ", "))}
		}
		if before != nil {
			return before(cmd, args)
		}
		return nil
	}
}

// write prints a machine result as JSON or YAML.
func (a *app) write(format string, value any) error {
	if format == "yaml" {
		return writeYAML(a.stdout, value)
	}
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// writeYAML goes through JSON, so that both formats have the same names and the same order.
func writeYAML(w io.Writer, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(data, &plain); err != nil {
		return err
	}
	canonical, err := gateway.Canonical(plain)
	if err != nil {
		return err
	}
	return strictyaml.Encode(w, canonical)
}

// isTerminal reports whether w is a terminal that wants colour and progress (https://no-color.org).
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// The colours that the program uses.
const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

// painter returns a function that colours text, or leaves it as it is where there is no terminal.
func painter(w io.Writer) func(colour, text string) string {
	if !isTerminal(w) {
		return func(_, text string) string { return text }
	}
	return func(colour, text string) string {
		if colour == "" {
			return text
		}
		return colour + text + reset
	}
}

// opPaint colours changes by what they do.
func opPaint(w io.Writer) plan.Paint {
	paint := painter(w)
	colours := map[plan.Op]string{plan.Create: green, plan.Update: yellow, plan.Delete: red, plan.Adopt: cyan}
	return func(op plan.Op, text string) string { return paint(colours[op], text) }
}
