package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/strictyaml"
)

var ciBlock = regexp.MustCompile("(?s)```(yaml|sh)\n(.*?)```")

// TestCIJobs reads the jobs of docs/ci.md: they are YAML or a shell script, and each call of sluice in them is one that it takes.
func TestCIJobs(t *testing.T) {
	text, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, block := range ciBlock.FindAllStringSubmatch(string(text), -1) {
		if block[1] == "yaml" {
			if _, faults := strictyaml.Parse("ci.md", []byte(block[2])); len(faults) > 0 {
				t.Errorf("%v in\n%s", faults, block[2])
			}
		} else {
			checkShell(t, block[2])
		}
		for line := range strings.Lines(block[2]) {
			if call, ok := sluiceCall(line); ok {
				calls++
				checkCall(t, call)
			}
		}
	}
	if calls < 6 {
		t.Errorf("only %d calls found: the search is broken", calls)
	}
}

func checkShell(t *testing.T, script string) {
	t.Helper()
	shell := exec.Command("sh", "-n")
	shell.Stdin = strings.NewReader(script)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, out, script)
	}
}

var beginsCall = regexp.MustCompile(`^\s*(?:- |run: |- run: )?sluice (.*)$`)

// sluiceCall returns the arguments of a line that calls sluice.
func sluiceCall(line string) ([]string, bool) {
	found := beginsCall.FindStringSubmatch(strings.TrimRight(line, "\n"))
	if found == nil {
		return nil, false
	}
	args, _, _ := strings.Cut(found[1], " >")
	args, _, _ = strings.Cut(args, " ||")
	return strings.Fields(args), true
}

// checkCall looks at flags and outputs, without running anything.
func checkCall(t *testing.T, args []string) {
	t.Helper()
	cmd, rest, err := (&app{}).root().Find(args)
	if err != nil {
		t.Errorf("sluice %v: %v", args, err)
		return
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("sluice %v: %v", args, err)
	}
	if cmd.PreRunE != nil {
		if err := cmd.PreRunE(cmd, nil); err != nil {
			t.Errorf("sluice %v: %v", args, err)
		}
	}
}
