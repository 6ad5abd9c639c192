package importer_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/importer"
	"github.com/sluice-gitops/sluice/strictyaml"
)

var update = flag.Bool("update", false, "rewrite the wanted files of the goldens")

// TestImports runs testdata/*.txtar: live/ENVIRONMENT/GROUP.yaml (or adc.yaml) is what there is, want/ the config repo. The comment
// may say split and common GROUP….
func TestImports(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d goldens: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := imported(t, archive)
			if *update {
				rewrite(t, file, archive, got)
				return
			}
			if diff := cmp.Diff(wanted(archive), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func imported(t *testing.T, archive *txtar.Archive) map[string]string {
	var groups []importer.Group
	var faults diag.List
	for _, file := range archive.Files {
		if file.Name == "adc.yaml" {
			state, found := importer.ADC(file.Name, file.Data)
			groups = append(groups, importer.Group{Name: "edge", Environment: "prod", Live: state})
			faults.Add(found...)
		}
		if path, ok := strings.CutPrefix(file.Name, "live/"); ok {
			env, name, _ := strings.Cut(strings.TrimSuffix(path, ".yaml"), "/")
			groups = append(groups, importer.Group{Name: name, Environment: env, Live: stateOf(t, file.Data), Defaults: someDefaults})
		}
	}
	var options importer.Options
	for line := range strings.Lines(string(archive.Comment)) {
		words := strings.Fields(line)
		options.Split = options.Split || len(words) == 1 && words[0] == "split"
		if len(words) > 1 && words[0] == "common" {
			options.Common = words[1:]
		}
	}
	options.Source = importer.Title(groups)
	repo := importer.Import(groups, options)
	faults.Add(repo.Faults...)
	got := map[string]string{}
	if !faults.HasErrors() {
		for name, data := range repo.Files {
			got["want/"+name] = string(data)
		}
	}
	if len(faults) > 0 {
		got["faults"] = faults.Sorted().Error() + "\n"
	}
	return got
}

// someDefaults are a few of those that a gateway has.
func someDefaults(_ gateway.Key, path gateway.Path) []any {
	return map[string][]any{
		"priority": {int64(0)}, "status": {int64(1)}, "type": {"roundrobin"}, "upstream.type": {"roundrobin"},
		"plugins.limit-count.policy": {"local"}, "plugins.limit-count.key": {"remote_addr", "other"},
	}[path.String()]
}

// stateOf reads a fragment, in which nothing is merged or put in.
func stateOf(t *testing.T, data []byte) gateway.State {
	t.Helper()
	root, faults := strictyaml.Parse("live", data)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	state := gateway.State{}
	for _, section := range root.Fields {
		for _, entry := range section.Value.Fields {
			key := gateway.Key{Kind: gateway.Kind(section.Key), ID: entry.Key}
			state[key] = gateway.Resource{Key: key, Spec: gateway.Seal(key, plainValue(entry.Value).(map[string]any))}
		}
	}
	return state
}

func plainValue(n *strictyaml.Node) any {
	switch n.Kind {
	case strictyaml.Map:
		m := map[string]any{}
		for _, field := range n.Fields {
			m[field.Key] = plainValue(field.Value)
		}
		return m
	case strictyaml.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plainValue(item))
		}
		return list
	}
	return n.Value
}

func wanted(archive *txtar.Archive) map[string]string {
	want := map[string]string{}
	for _, file := range archive.Files {
		if strings.HasPrefix(file.Name, "want/") || file.Name == "faults" {
			want[file.Name] = string(file.Data)
		}
	}
	return want
}

func rewrite(t *testing.T, name string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	kept := slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "want/") || f.Name == "faults" })
	for _, file := range slices.Sorted(maps.Keys(got)) {
		kept = append(kept, txtar.File{Name: file, Data: []byte(got[file])})
	}
	text := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: kept})
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
