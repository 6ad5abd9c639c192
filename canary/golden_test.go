package canary_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

var update = flag.Bool("update", false, "rewrite what testdata wants")

// TestCourses holds the steps of each case in testdata to what it wants: two states, one resource a line, and rules, as `user 5 25`.
func TestCourses(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, part := range archive.Files {
				parts[part.Name] = string(part.Data)
			}
			old, next := state(t, parts["old"]), state(t, parts["next"])
			course, faults := canary.Find(old, next, rules(t, parts["rules"]), where(parts))
			got := told(course, next, faults)
			if *update {
				rewrite(t, file, archive, got)
			} else if diff := cmp.Diff(parts["want"], got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// where says where upstreams are: a case that has a part "in services" has them there.
func where(parts map[string]string) canary.Upstreams {
	if _, ok := parts["in services"]; ok {
		return canary.InServices
	}
	return canary.ByThemselves
}

func rewrite(t *testing.T, file string, archive *txtar.Archive, want string) {
	t.Helper()
	files := archive.Files[:0]
	for _, part := range archive.Files {
		if part.Name != "want" {
			files = append(files, part)
		}
	}
	archive.Files = append(files, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// told writes the faults, and each step with what it has and next has not.
func told(course canary.Course, next gateway.State, faults diag.List) string {
	var b strings.Builder
	for _, fault := range faults {
		fmt.Fprintf(&b, "%s %s: %s\n", fault.Severity, fault.Code, fault)
	}
	if course.Empty() {
		return b.String() + "nothing goes in steps\n"
	}
	fmt.Fprintf(&b, "%v, the rest waits: %v\n", course.Services(), course.RestWaits())
	for step := range course.Steps() + 2 {
		fmt.Fprintf(&b, "%s, against the end:\n", name(course, step))
		at := course.At(step)
		for _, key := range at.Keys() {
			if !gateway.Equal(at[key].Spec, next[key].Spec) {
				fmt.Fprintf(&b, "  %s %s\n", key, at[key].Bytes())
			}
		}
		for _, key := range next.Keys() {
			if _, there := at[key]; !there {
				fmt.Fprintf(&b, "  no %s\n", key)
			}
		}
	}
	return b.String()
}

func name(course canary.Course, step int) string {
	switch {
	case step == 0:
		return "back"
	case step > course.Steps():
		return "landing"
	}
	return fmt.Sprint("step ", step)
}

// state reads one resource a line, as `routes/r {"uri": "/x"}`.
func state(t testing.TB, text string) gateway.State {
	t.Helper()
	read := gateway.State{}
	for line := range strings.Lines(text) {
		name, body, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			continue
		}
		key, err := gateway.ParseKey(name)
		if err != nil {
			t.Fatal(err)
		}
		var spec map[string]any
		if err := json.Unmarshal([]byte(body), &spec); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if key.Kind.HasLabels() && spec["labels"] == nil {
			spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		canonical, err := gateway.Canonical(spec)
		if err != nil {
			t.Fatal(err)
		}
		read[key] = gateway.Resource{Key: key, Spec: gateway.Seal(key, canonical.(map[string]any))}
	}
	return read
}

func rules(t testing.TB, text string) []canary.Rule {
	t.Helper()
	var read []canary.Rule
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		rule := canary.Rule{Service: words[0], Pos: diag.Pos{File: "environments/prod/environment.yaml", Line: 9, Col: 5}}
		for _, word := range words[1:] {
			step, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			rule.Steps = append(rule.Steps, step)
		}
		read = append(read, rule)
	}
	return read
}
