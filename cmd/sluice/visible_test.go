package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// TestNobodyWritesToTheTerminal has what others named hold line breaks, colours and marks that turn the writing, wherever it is shown.
func TestNobodyWritesToTheTerminal(t *testing.T) {
	const hostile, shown = "\u202eX\n2026-11-21 forged\x1b[31m\x9b\r\u2066", "‹U+202E›X‹U+000A›2026-11-21 forged‹U+001B›[31m"
	now := time.Now()
	entry := record.Entry{Started: now, Commit: "1a2b3c4d", Environment: "prod", State: record.Applied, Text: "verified", Subject: hostile}
	failed := record.Entry{Started: now, Commit: "1a2b3c4d", Environment: "prod", Group: "eu", State: record.Failed, Reason: hostile}
	pause := record.Pause{At: now, Until: now, Environment: "prod", By: hostile, Reason: hostile}
	status := reconciler.Status{Environments: []reconciler.EnvironmentStatus{{
		Name: "prod", State: "held", Text: hostile, Paused: "paused: " + hostile, Detail: "\x1b[2Jgone\nsecond line",
	}}}
	for name, print := range map[string]func(*app) error{
		"history": func(a *app) error {
			return historyTable([]record.Entry{entry, failed}, pauseAsides([]record.Pause{pause}), 0).write(a.stdout)
		},
		"status":  func(a *app) error { return a.printStatus(status) },
		"changes": func(a *app) error { return a.printChanges(reconciler.Status{}, status) },
	} {
		var out bytes.Buffer
		if err := print(&app{stdout: &out, stderr: &out}); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), hidden) || strings.Contains(text, "\n2026-11-21 forged") || !strings.Contains(text, shown) {
			t.Errorf("%s:\n%q", name, text)
		}
		if name == "status" && !strings.Contains(text, "‹U+001B›[2Jgone\n    second line") {
			t.Errorf("lines of a detail stay lines: %q", text)
		}
	}
}
