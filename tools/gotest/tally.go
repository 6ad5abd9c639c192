package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
	Elapsed    float64
}

// name tells the tests of different packages apart.
func (e event) name() string { return strings.TrimSuffix(e.Package+"."+e.Test, ".") }

// tally counts how tests end, and prints what a person wants to see on the way.
type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	said                    map[string][]string // output of what has not ended yet, by test or package
	running                 map[string][]string // tests that have begun and not ended, by package
	skips                   []string
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, said: map[string][]string{}, running: map[string][]string{}}
}

// read counts until the events end. A line that is no event is shown as it is.
func (t *tally) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) != nil:
			fmt.Fprintf(t.out, "%s", line)
		default:
			t.take(e)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read test events: %w", err)
		}
	}
}

func (t *tally) take(e event) {
	switch e.Action {
	case "run":
		t.running[e.Package] = append(t.running[e.Package], e.Test)
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		t.said[e.name()] = append(t.said[e.name()], e.Output)
	case "pass", "fail", "skip":
		t.end(e)
		delete(t.said, e.name())
	}
}

func (t *tally) end(e event) {
	if e.Test == "" {
		t.endPackage(e)
		return
	}
	t.running[e.Package] = slices.DeleteFunc(t.running[e.Package], func(test string) bool { return test == e.Test })
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
		fmt.Fprint(t.out, strings.Join(t.said[e.name()], ""))
	case "skip":
		t.skipped++
		t.skips = append(t.skips, e.name()+": "+reason(t.said[e.name()]))
	}
}

// endPackage prints the line of a package, and all that it said when it failed without a failed test, as after a panic. A test that a panic
// or the time limit has ended has failed: what it said holds the stacks.
func (t *tally) endPackage(e event) {
	if e.Action == "fail" {
		fmt.Fprint(t.out, strings.Join(t.said[e.name()], ""))
		for _, test := range t.running[e.Package] {
			name := e.Package + "." + test
			t.failed++
			fmt.Fprintf(t.out, "%sfailed %s: it did not end\n", strings.Join(t.said[name], ""), name)
			delete(t.said, name)
		}
	}
	delete(t.running, e.Package)
	if e.Action != "skip" {
		fmt.Fprintf(t.out, "%-4s %s %.1fs\n", e.Action, e.Package, e.Elapsed)
	}
}

// reason is what a test said when it skipped itself, without the frame that go test puts around it.
func reason(said []string) string {
	said = slices.DeleteFunc(slices.Clone(said), func(line string) bool {
		text := strings.TrimSpace(line)
		return strings.HasPrefix(text, "=== ") || strings.HasPrefix(text, "--- ")
	})
	text := strings.Join(strings.Fields(strings.Join(said, " ")), " ")
	if text == "" {
		return "no reason given"
	}
	return text
}

func (t *tally) print() {
	slices.Sort(t.skips)
	for _, skip := range t.skips {
		fmt.Fprintf(t.out, "skipped %s\n", skip)
	}
	fmt.Fprintf(t.out, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
}
