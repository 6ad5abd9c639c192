package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// printFaults writes faults of files in the form file:line:col, each once, and any other error behind the program's name.
func (a *app) printFaults(err error) {
	faults, others := split(err)
	if len(faults) > 0 {
		fmt.Fprintln(a.stderr, a.faultText(faults.Sorted()))
	}
	for _, other := range others {
		fmt.Fprintf(a.stderr, "sluice: %v\n", other)
	}
}

// split takes joined errors apart: into faults of files, and the rest.
func split(err error) (diag.List, []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults diag.List
		var others []error
		for _, one := range joined.Unwrap() {
			f, o := split(one)
			faults.Add(f...)
			others = append(others, o...)
		}
		return faults, others
	}
	if faults, ok := errors.AsType[diag.List](err); ok {
		return faults, nil
	}
	return nil, []error{err}
}

// faultText is the faults one after the other, with their places in bold on a terminal.
func (a *app) faultText(faults diag.List) string {
	paint := painter(a.stderr)
	texts := make([]string, len(faults))
	for i, fault := range faults {
		texts[i] = fault.Error()
		if place := fault.Pos.String(); !fault.Pos.IsZero() {
			texts[i] = paint(bold, place) + texts[i][len(place):]
		}
	}
	return strings.Join(texts, "\n")
}

// unknownShell says which shells there are completion scripts for.
func unknownShell(name string) error {
	return fmt.Errorf("no completion for shell %q: there is one for bash, zsh and fish", name)
}
