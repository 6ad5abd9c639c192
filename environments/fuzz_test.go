package environments_test

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/source"
)

// fenced is a config repo that stands beside secrets: whoever asks for a path that is not one inside it fails the test.
type fenced struct {
	fstest.MapFS
	t *testing.T
}

func (f fenced) Open(name string) (fs.File, error) {
	f.fence(name)
	return f.MapFS.Open(name)
}

func (f fenced) ReadDir(name string) ([]fs.DirEntry, error) {
	f.fence(name)
	return f.MapFS.ReadDir(name)
}

func (f fenced) ReadFile(name string) ([]byte, error) {
	f.fence(name)
	return f.MapFS.ReadFile(name)
}

func (f fenced) fence(name string) {
	if !fs.ValidPath(name) && utf8.ValidString(name) {
		f.t.Errorf("the path %q is asked for", name)
	}
	if entry := f.MapFS[name]; entry != nil && !entry.Mode.IsRegular() {
		f.t.Errorf("%q is followed, which is no file", name)
	}
}

// whole holds that a fault says what, where and how to mend it, and that there are not too many of them.
func whole(t *testing.T, faults diag.List, input string) {
	t.Helper()
	if len(faults) > 1001 {
		t.Errorf("%d faults", len(faults))
	}
	for _, fault := range faults {
		if fault.Code == "" || fault.Pos.File == "" || fault.What == "" || fault.Hint == "" || len(fault.Error()) > 20*len(input)+2000 {
			t.Errorf("incomplete fault: %#v", fault)
		}
	}
}

// FuzzLoad reads anything as environment.yaml: what has no fault has groups, and what has one says where.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"extends: [environments/test]\ngroups: [a]\nafter: [test]\n",
		"extends: {path: base}\ngroups: [[a], b]\nrollout: {windows: [{allow: x}]}\n",
		"extends: [base, {path: base, revision: 0123456}]\ngroups: [[], a, a, [a]]\nafter: [uat, uat, nowhere]\n",
		"groups: [a]\nguard: {maxDeletes: -1, maxDeletePercent: 1e3, protect: [\"routes/[\", x, \"*/*\"]}\ndrift: heel\nadopt: yes\nbreaking: deny\nempty: maybe\n",
		"groups: [a]\nrollout:\n  verify:\n    health: true\n    probes: [{name: a, url: \"https://${vars.x}/\", expect: {status: 200}, within: 500ms, times: 3}]\n" +
			"    metrics: [{name: m, query: 'up', max: 0.5, for: 2m}]\n    soak: 10m\n    timeout: 15m\n  onFailure: rollback\n" +
			"  windows: [{allow: \"Mon-Thu 09:00-17:00\", zone: Asia/Shanghai}]\n  freeze: {reason: x, until: 2027-01-04}\n",
		"groups: [a]\nvars: {a: !append [1], b: &x {c: *x}}\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree := environments.Load(fenced{t: t, MapFS: repoOf(map[string]string{
			"sluice.yaml": "version: 1\n", "base/a.yaml": "", "environments/test/environment.yaml": text,
			"environments/uat/environment.yaml": "extends: environments/test\nafter: [test]\ngroups: [uat-eu]\n",
		})})
		test, ok := tree.Find("test")
		if !ok || (!test.Faults.HasErrors() && len(test.Groups()) == 0) {
			t.Errorf("%q has no groups and no fault", text)
		}
		for _, env := range tree.Environments {
			whole(t, env.Faults, text)
		}
		whole(t, tree.Faults, text)
	})
}

// FuzzSettings reads anything as sluice.yaml.
func FuzzSettings(f *testing.F) {
	f.Add("version: 1\nvars: {a: [1]}\n")
	f.Add("version: !reset 2\nvars: x\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		tree := environments.Load(fenced{t: t, MapFS: repoOf(map[string]string{
			"sluice.yaml": text, "environments/test/environment.yaml": "groups: [a]\n",
		})})
		whole(t, tree.Faults, text)
		if vars := tree.Settings.Vars; !tree.Faults.HasErrors() && vars != nil && len(vars.Fields) > len(text) {
			t.Errorf("%d variables of %d bytes", len(vars.Fields), len(text))
		}
	})
}

// FuzzPaths holds that layers and fragments stay inside the config repo, whatever extends and the names of files say, and that a pin is
// asked for only when it can be a hash.
func FuzzPaths(f *testing.F) {
	for _, seed := range [][3]string{
		{"base", "0123456789", "a.yaml"}, {"../secrets", "", "a.yaml"}, {"/etc", "HEAD", "../../a.yaml"}, {`..\secrets`, "main", "x/y.yml"},
		{"base/../../secrets", "../x", "groups/a.yaml"}, {"BASE", "0123456\x00", "environment.YAML"}, {"base/.", "refs/heads/main", "\xff.yaml"},
		{"link", "--output=x", "link/a.yaml"}, {"link/below", "0123456", "sub/module.yaml"}, {"base\x00", "${vars.x}", "a\x00.yaml"}, {"environments", "~1", "a.yaml/b.yaml"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, layer, revision, fragment string) {
		repo := fenced{t: t, MapFS: repoOf(map[string]string{"sluice.yaml": "version: 1\n", "base/a.yaml": "", "base/" + fragment: ""})}
		repo.MapFS["link"] = &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte("../secrets")}
		pin := ""
		if revision != "" {
			pin = ", revision: " + quoted(revision)
		}
		text := "extends: [{path: " + quoted(layer) + pin + "}]\ngroups: [g]\n"
		repo.MapFS["environments/test/environment.yaml"] = &fstest.MapFile{Data: []byte(text)}
		past := func(asked string) (source.Snapshot, error) {
			if strings.Trim(strings.ToLower(asked), "0123456789abcdef") != "" || len(asked) < 7 || len(asked) > 40 {
				t.Errorf("%q is asked for as a commit", asked)
			}
			return source.Snapshot{Commit: source.Commit{Hash: strings.Repeat("a", 40)}, FS: repo}, nil
		}
		test, _ := environments.LoadPinned(repo, nil, past).Find("test")
		whole(t, test.Faults, text)
		for _, l := range test.Layers {
			if !fs.ValidPath(l.Path) || slices.Contains([]string{".", "environments", "policies"}, l.Path) || strings.HasPrefix(l.Path, "link") {
				t.Errorf("%q is a layer", l.Path)
			}
			files, faults := environments.Fragments(repo, l.Path)
			whole(t, faults, text+fragment)
			for _, name := range files {
				if !strings.HasPrefix(name, l.Path+"/") || name != path.Clean(name) || repo.MapFS[name] == nil {
					t.Errorf("%q is a fragment of %q", name, l.Path)
				}
			}
		}
	})
}

// quoted writes a text as YAML can't misread it: in single quotes, or as it is when it has no place there.
func quoted(text string) string {
	if strings.ContainsAny(text, "\x00\n") || !utf8.ValidString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
