package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/importer"
)

// TestAnImportRendersToWhatWasRead: whatever gateway groups hold, the config repo that is written for them comes to just that, for
// each group, with any layout; and no file of it holds a secret.
func TestAnImportRendersToWhatWasRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := drawGroups(t)
		options := importer.Options{Split: rapid.Bool().Draw(t, "split")}
		if rapid.Bool().Draw(t, "common") {
			for _, group := range groups {
				options.Common = append(options.Common, group.Name)
			}
		}
		repo := importer.Import(groups, options)
		if len(repo.Faults) > 0 {
			t.Fatal(repo.Faults)
		}
		proofs, faults := prove(filesOf(repo), groups, repo.Secrets)
		if faults.HasErrors() || len(proofs) != len(groups) {
			t.Fatalf("%d of %d groups: %v\n%s", len(proofs), len(groups), faults, textOf(repo))
		}
		for _, p := range proofs {
			if len(p.content) > 0 {
				var differences strings.Builder
				p.differences(&differences)
				t.Fatalf("%s:\n%s\n%s", p.group.Name, differences.String(), textOf(repo))
			}
		}
		if text := textOf(repo); strings.Contains(text, canary) {
			t.Fatalf("a secret stands in a file:\n%s", text)
		}
	})
}

// TestAProofSeesEveryChange: a proof that is of another state than the files fails, whatever the difference.
func TestAProofSeesEveryChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := drawGroups(t)[:1]
		repo := importer.Import(groups, importer.Options{})
		key := rapid.SampledFrom(groups[0].Live.Keys()).Draw(t, "key")
		other := maps.Clone(groups[0].Live)
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			delete(other, key)
		case 1:
			other[gateway.Key{Kind: gateway.Protos, ID: "one-more"}] = gateway.Resource{
				Key: gateway.Key{Kind: gateway.Protos, ID: "one-more"}, Spec: map[string]any{"content": "x"}}
		default:
			spec := maps.Clone(other[key].Spec)
			spec["desc"] = "another"
			other[key] = gateway.Resource{Key: key, Spec: spec}
		}
		groups[0].Live = other
		proofs, faults := prove(filesOf(repo), groups, repo.Secrets)
		if !faults.HasErrors() && len(proofs[0].content) == 0 {
			t.Fatalf("nothing is seen when %s differs", key)
		}
	})
}

// BenchmarkImport imports ten thousand resources of two groups into layers for each service, and proves it.
func BenchmarkImport(b *testing.B) {
	var groups []importer.Group
	for i := range 2 {
		groups = append(groups, importer.Group{Name: fmt.Sprintf("g%d", i), Environment: fmt.Sprintf("e%d", i), Live: manyServices(i, 5000/3)})
	}
	for b.Loop() {
		dir := b.TempDir()
		repo := importer.Import(groups, importer.Options{Common: []string{"g0", "g1"}, Split: true})
		if _, err := (&app{}).writeRepo(imports{to: dir}, repo); err != nil {
			b.Fatal(err)
		}
		proofs, faults := prove(os.DirFS(dir), groups, repo.Secrets)
		if len(faults) > 0 || len(proofs) != 2 || len(proofs[0].content) > 0 {
			b.Fatal(faults, len(proofs))
		}
	}
}

// manyServices is a state of services that differ a little from group to group.
func manyServices(group, services int) gateway.State {
	state := gateway.State{}
	add := func(key gateway.Key, spec map[string]any) { state[key] = gateway.Resource{Key: key, Spec: spec} }
	for n := range services {
		service := key(gateway.Services, "s%d", n)
		add(service, map[string]any{"upstream_id": fmt.Sprintf("u%d", n), "hosts": []any{fmt.Sprintf("h%d.example", n)}})
		add(key(gateway.Upstreams, "u%d", n), map[string]any{"nodes": map[string]any{fmt.Sprintf("g%d:80", group): int64(1)}, "retries": int64(2)})
		add(key(gateway.Routes, "r%d", n), map[string]any{"uri": fmt.Sprintf("/r%d", n), "service_id": service.ID,
			"plugins": map[string]any{"key-auth": map[string]any{}, "limit-count": map[string]any{"count": int64(1), "time_window": int64(2)}}})
	}
	return state
}

func key(kind gateway.Kind, format string, args ...any) gateway.Key {
	return gateway.Key{Kind: kind, ID: fmt.Sprintf(format, args...)}
}

func filesOf(repo importer.Repo) fstest.MapFS {
	files := fstest.MapFS{}
	for name, data := range repo.Files {
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

func textOf(repo importer.Repo) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(repo.Files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, repo.Files[name])
	}
	return b.String()
}
