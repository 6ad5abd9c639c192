package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
)

// watchEvery is how often a daemon is asked for its status.
const watchEvery = time.Second

// statusWatch asks for the status again and again, and shows what is new.
type statusWatch struct {
	ask     func(context.Context) (reconciler.Status, error)
	show    func(before, now reconciler.Status) error // before is the zero value at first, and after trouble
	trouble func(error)                               // of asking; each is told once
}

// run returns nil when ctx ends.
func (w statusWatch) run(ctx context.Context) error {
	var before reconciler.Status
	told := ""
	for {
		now, err := w.ask(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if told != err.Error() {
				w.trouble(err)
			}
			told, before = err.Error(), reconciler.Status{}
		case told != "" || !reflect.DeepEqual(before, now):
			if err := w.show(before, now); err != nil {
				return err
			}
			told, before = "", now
		}
		select {
		case <-time.After(watchEvery):
		case <-ctx.Done():
			return nil
		}
	}
}

// watchStatus redraws the status on a terminal; elsewhere it prints a line for each change, or each document.
func (a *app) watchStatus(ctx context.Context, from caller, output string) error {
	daemon, _, err := a.serverOf(from)
	if err != nil {
		return err
	}
	w := statusWatch{
		ask:     func(ctx context.Context) (reconciler.Status, error) { return askStatus(ctx, daemon) },
		trouble: func(err error) { fmt.Fprintf(a.stderr, "sluice: %v; asking on\n", err) },
	}
	switch {
	case output == "json":
		w.show = func(_, now reconciler.Status) error { return json.NewEncoder(a.stdout).Encode(now) }
	case output == "yaml":
		w.show = func(_, now reconciler.Status) error {
			fmt.Fprintln(a.stdout, "---")
			return a.write(output, now)
		}
	case isTerminal(a.stdout):
		w.show = a.redraw
	default:
		w.show = a.printChanges
	}
	return w.run(ctx)
}

// clearScreen goes to the upper left of a terminal, and empties it.
const clearScreen = "\x1b[H\x1b[2J"

func (a *app) redraw(_, now reconciler.Status) error {
	fmt.Fprintf(a.stdout, "%s%s   ", clearScreen, time.Now().Format(time.TimeOnly))
	return a.printStatus(now)
}

// printChanges prints a line for each environment and each gateway group that is not as it was.
func (a *app) printChanges(before, now reconciler.Status) error {
	if before.Error != now.Error {
		a.printChange("daemon", cmp.Or(strings.ReplaceAll(now.Error, "\n\t", "; "), "ready"))
	}
	for _, env := range now.Environments {
		was, _ := before.Environment(env.Name)
		if was.State != env.State || was.Target != env.Target || was.Text != env.Text || was.Applied != env.Applied {
			a.printChange(env.Name, fmt.Sprintf("%s %s, %s", env.State, orNothing(short(env.Target)), runs(env.Applied).text), env.Text)
		}
		for _, group := range env.Groups {
			old, known := groupIn(was, group.Name)
			if known && groupLine(old) != groupLine(group) || !known && (group.Drift > 0 || group.Error != "") {
				a.printChange(env.Name+"/"+group.Name, groupLine(group))
			}
		}
	}
	return nil
}

func groupIn(env reconciler.EnvironmentStatus, name string) (reconciler.GroupStatus, bool) {
	for _, group := range env.Groups {
		if group.Name == name {
			return group, true
		}
	}
	return reconciler.GroupStatus{}, false
}

func groupLine(group reconciler.GroupStatus) string {
	return group.State + ", " + runs(group.Applied).text + "; " + groupNote(group)
}

func (a *app) printChange(name string, facts ...string) {
	fmt.Fprintf(a.stdout, "%s %s:", time.Now().UTC().Format(time.RFC3339), name)
	for i, fact := range facts {
		if fact == "" {
			continue
		}
		if i > 0 {
			fmt.Fprint(a.stdout, ";")
		}
		fmt.Fprint(a.stdout, " "+visibleLine(fact))
	}
	fmt.Fprintln(a.stdout)
}
