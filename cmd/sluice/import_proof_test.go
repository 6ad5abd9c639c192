package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/importer"
)

// TestWhatIsNotProvenSaysWhy: a group that could not be compared is told with a reason, whatever it is.
func TestWhatIsNotProvenSaysWhy(t *testing.T) {
	large := key(gateway.Protos, "large")
	route := key(gateway.Routes, "dangling")
	of := func(env string, at gateway.Key, spec map[string]any) importer.Group {
		return importer.Group{Name: "g", Environment: env, Live: gateway.State{at: {Key: at, Spec: spec}}}
	}
	for _, test := range []struct {
		name   string
		group  importer.Group
		want   string
		faults []string // all of them
	}{
		{"fault", of("e", route, map[string]any{"uri": "/x", "upstream_id": "nobody"}), "faults keep the files", []string{"routes/dangling refers to upstreams/nobody"}},
		{"no such environment", of("../e", route, map[string]any{"uri": "/x", "plugins": map[string]any{}}), `no environment "../e"`, nil},
		{"too large", of("e", large, map[string]any{"content": strings.Repeat("x", 1<<20)}), "not all that the gateways hold", []string{"protos/large takes 10"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			groups := []importer.Group{test.group}
			repo := importer.Import(groups, importer.Options{})
			proofs, faults := proveRepo(filesOf(repo), groups, repo)
			var text bytes.Buffer
			if len(proofs) != 1 || proofs[0].report(&text) || !strings.Contains(text.String(), "NOT proven: ") || !strings.Contains(text.String(), test.want) {
				t.Errorf("%d proofs: %s", len(proofs), &text)
			}
			if len(faults) != len(test.faults) {
				t.Fatalf("%d faults: %v", len(faults), faults)
			}
			for i, want := range test.faults {
				if !strings.Contains(faults[i].What, want) {
					t.Errorf("%v does not say %q", faults[i], want)
				}
			}
		})
	}
	if _, faults := prove(fstest.MapFS{}, []importer.Group{of("e", route, nil)}, nil); !faults.HasErrors() {
		t.Error("a directory without a config repo has no fault")
	}
}

// TestNothingIsWrittenOutside: names that lead elsewhere are refused before the first file is written.
func TestNothingIsWrittenOutside(t *testing.T) {
	for _, name := range []string{"../x", "environments/../../x", "/x", "environments//x", "environments/../evil/x", ""} {
		dir := t.TempDir()
		repo := importer.Repo{Files: map[string][]byte{"a": nil, name: nil}}
		if _, err := (&app{}).writeRepo(imports{to: dir + "/repo"}, repo); err == nil || !strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("%q: %v", name, err)
		}
		if err := empty(dir); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	repo := importer.Repo{Secrets: []importer.SecretUse{{Name: "../x", Value: gateway.NewSecret("", "v")}}}
	if _, err := (&app{}).writeRepo(imports{to: t.TempDir(), secretsDir: t.TempDir()}, repo); err == nil {
		t.Error("a secret was written elsewhere")
	}
}
