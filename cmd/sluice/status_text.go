package main

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// printStatus lays out environments and their gateway groups, and below them what can't be said in a line.
func (a *app) printStatus(status reconciler.Status) error {
	fmt.Fprintf(a.stdout, "head %s\n\n", orNothing(short(status.Head)))
	if status.Error != "" {
		fmt.Fprintln(a.stdout, painter(a.stdout)(red, visible(status.Error))+"\n")
	}
	var t table
	for _, env := range status.Environments {
		t.add(cell{env.Name, bold}, stateCell(env.State), cell{orNothing(short(env.Target)), ""}, appliedOf(env), cell{env.Text, ""})
		for _, group := range env.Groups {
			t.add(cell{"  " + group.Name, ""}, stateCell(group.State), cell{}, runs(group.Applied), cell{groupNote(group), ""})
		}
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	for _, env := range status.Environments {
		if env.Paused != "" {
			fmt.Fprintf(a.stdout, "\n%s is %s\n", env.Name, visibleLine(env.Paused))
		}
		if env.Detail != "" && env.Detail != env.Text {
			fmt.Fprintf(a.stdout, "\n%s is %s:\n    %s\n", env.Name, env.State, strings.ReplaceAll(visible(env.Detail), "\n", "\n    "))
		}
	}
	return nil
}

func stateCell(state string) cell { return cell{state, stateColour(record.State(state))} }

// appliedOf says what an environment runs, or what was verified in it last where its groups run something else.
func appliedOf(env reconciler.EnvironmentStatus) cell {
	for _, group := range env.Groups {
		if group.Applied != env.Applied && env.Applied != "" {
			return cell{"verified " + short(env.Applied), ""}
		}
	}
	return runs(env.Applied)
}

func runs(commit string) cell {
	if commit == "" {
		return cell{"runs nothing", dim}
	}
	return cell{"runs " + short(commit), ""}
}

func groupNote(group reconciler.GroupStatus) string {
	note := "digest " + orNothing(group.Digest[:min(12, len(group.Digest))])
	if group.Canary != "" {
		note += "; " + group.Canary
	}
	if group.Drift > 0 {
		note += fmt.Sprintf("; %s drifted", count(group.Drift, "resource"))
	}
	if group.Holder != "" {
		note += "; held by " + group.Holder
	}
	if group.Error != "" {
		line, _, _ := strings.Cut(group.Error, "\n")
		note += "; " + line
	}
	return note
}

func orNothing(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
