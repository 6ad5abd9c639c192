package policy_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/policy"
)

// repo makes a config repo of one policy file.
func repo(text string) fstest.MapFS {
	return fstest.MapFS{"policies/p.yaml": {Data: []byte(text)}}
}

func TestLoadFaults(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"no policies", "policies:\n", ""},
		{"a good one", "policies: {a: {assert: 'true'}}\n", ""},
		{"a list", "policies:\n  - {name: a, assert: 'true'}\n  - {name: a, assert: 'true'}\n  - {assert: 'true'}\n", `
policies/p.yaml:3:12: the policy "a" exists already
	first set at policies/p.yaml:2:12
	hint: rename one of the two
policies/p.yaml:4:5: the policy has no name
	hint: write - name: its-name`},
		{"unknown keys", "polices: {}\npolicies: {a: {asert: 'true', match: {kind: [routes]}}}\n", `
policies/p.yaml:1:1: unknown key "polices"
	hint: did you mean "policies"?
policies/p.yaml:2:12: the policy "a" asserts nothing
	hint: write assert: and an expression that comes to true
policies/p.yaml:2:16: unknown key "asert"
	hint: did you mean "assert"?
policies/p.yaml:2:39: unknown key "kind"
	hint: did you mean "kinds"?`},
		{"wrong shapes", "policies: {a: {assert: true, description: [], exceptions: {}}}", `
policies/p.yaml:1:24: want text
	hint: quote it
policies/p.yaml:1:43: want text, not a list
	hint: write one word or a quoted text
policies/p.yaml:1:59: want a list, not a map
	hint: write a list: [a, b]`},
		{"wrong values", "policies:\n  a b:\n    assert: 'true'\n    severity: warning\n    field: 'a..b'\n    match: {kinds: [route], environments: ['['], ids: ['']}\n", `
policies/p.yaml:2:3: "a b" can't be the name of a policy
	hint: use letters, digits, dots, underscores and hyphens
policies/p.yaml:4:15: severity can't be "warning"
	hint: write deny or warn
policies/p.yaml:5:12: "a..b" is not a field: at "..b" want a name, [0] or ["name"]
	hint: write it as in timeout.read, uris[0], plugins["limit-count"]
policies/p.yaml:6:21: "route" names no kind of resource
	hint: did you mean "routes"?
policies/p.yaml:6:44: "[" is not a pattern
	hint: write a name, with * for any part of it
policies/p.yaml:6:56: "" is not a pattern
	hint: write a name, with * for any part of it`},
		{"exceptions", "policies:\n  a:\n    assert: 'true'\n    exceptions:\n      - {resources: [route/x], who: jane, until: 31.1.2027}\n      - {reason: none}\n", `
policies/p.yaml:5:22: "route/x" names no resources
	hint: did you mean "routes"?
policies/p.yaml:5:50: "31.1.2027" is not a day
	hint: write the last day, as 2027-01-31
policies/p.yaml:6:9: the exception does not say when it ends
	hint: write until: and its last day, as 2027-01-31
policies/p.yaml:6:9: the exception does not say who answers for it
	hint: write who: and who answers for it
policies/p.yaml:6:9: the exception names no resources
	hint: write resources: ["routes/legacy-*"]`},
		{"not a condition", "policies: {a: {assert: size(resource), match: {when: id}}}", `
policies/p.yaml:1:24: the expression comes to int, not to true or false
	hint: compare it with something, as in size(resource.uris) > 0
policies/p.yaml:1:54: the expression comes to string, not to true or false
	hint: compare it with something, as in size(resource.uris) > 0`},
		{"a message", "policies: {a: {assert: 'true', message: 'x {{ id }} {{ idd }} {{ kind'}}", `
policies/p.yaml:1:56: the expression can't be read: undeclared reference to 'idd'
	hint: did you mean "id"?
policies/p.yaml:1:63: the {{ is never closed
	hint: write }} after the expression`},
		{"a bad regular expression", `policies: {a: {assert: 'id.matches("(")'}}`, `
policies/p.yaml:1:36: the expression can't be read: invalid matches argument
	hint: the language is CEL: docs/policies.md has its variables and functions`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := policy.Load(repo(tt.in))
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), faults.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestExpressionPlaces puts one fault, a name that does not exist, into texts of every style and asks where it is.
func TestExpressionPlaces(t *testing.T) {
	tests := []struct{ name, in string }{
		{"plain", "policies:\n  a:\n    assert: id == «oops»\n"},
		{"plain over two lines", "policies:\n  a:\n    assert: id ==\n      «oops» && true\n"},
		{"single quotes", "policies: {a: {assert: 'id == ''x'' || «oops»'}}\n"},
		{"double quotes", `policies: {a: {assert: "id == \"x\" ||\n\t\u006bind == «oops»"}}` + "\n"},
		{"double quotes over lines", "policies: {a: {assert: \"id == \\\n    «oops»\"}}\n"},
		{"literal", "policies:\n  a:\n    assert: |\n      id == 'ключ' ||\n        «oops»\n"},
		{"literal behind a comment and empty lines", "policies:\n  a:\n    assert: |2-  # why\n\n\n      id == «oops»\n"},
		{"folded", "policies:\n  a:\n    assert: >-\n      id == 'x' ||\n      id == «oops»\n"},
		{"after an anchor and a tag", "policies:\n  a:\n    assert: &it !!str |\n      «oops»\n"},
		{"carriage returns", "policies:\r\n  a:\r\n    assert: |\r\n      id ==\r\n      «oops»\r\n"},
		{"a comment of CEL", "policies:\n  a:\n    assert: |\n      // why\n      «oops» // because\n"},
		{"byte order mark", "\ufeffpolicies: {a: {assert: «oops»}}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, _, _ := strings.Cut(strings.TrimPrefix(tt.in, "\ufeff"), "«")
			wantLine := 1 + strings.Count(before, "\n")
			wantCol := 1 + utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:])
			_, faults := policy.Load(repo(strings.NewReplacer("«", "", "»", "").Replace(tt.in)))
			if len(faults) != 1 || faults[0].Code != "policy-expression" {
				t.Fatalf("faults: %v", faults)
			}
			if got := faults[0].Pos; got.Line != wantLine || got.Col != wantCol {
				t.Errorf("at %d:%d, want %d:%d", got.Line, got.Col, wantLine, wantCol)
			}
		})
	}
}

// refusing is a file system in which one path can't be opened.
type refusing struct {
	fstest.MapFS
	path string
}

func (r refusing) Open(name string) (fs.File, error) {
	if name == r.path {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return r.MapFS.Open(name)
}

func (r refusing) ReadFile(name string) ([]byte, error) { return fs.ReadFile(onlyOpen{r}, name) }

func (r refusing) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(onlyOpen{r}, name) }

type onlyOpen struct{ fs.FS }

func TestUnreadableIsNeverEmpty(t *testing.T) {
	good := &fstest.MapFile{Data: []byte("policies: {a: {assert: 'true'}}")}
	tests := []struct {
		name string
		fsys fs.FS
		want string
	}{
		{"no directory", fstest.MapFS{"sluice.yaml": good}, ""},
		{"other files", fstest.MapFS{"policies/README.md": good}, ""},
		{"below", fstest.MapFS{"policies/a/b.yml": {Data: []byte("x: 1")}}, "policies/a/b.yml:1:1: unknown key \"x\"\n\thint: the keys are policies"},
		{"a file", refusing{fstest.MapFS{"policies/a.yaml": good}, "policies/a.yaml"}, "policies/a.yaml: can't be read: permission denied\n\thint: nothing is applied until it can be read"},
		{"the directory", refusing{fstest.MapFS{"policies/a.yaml": good}, "policies"}, "policies: can't be read: permission denied\n\thint: nothing is applied until it can be read"},
		{"the root", refusing{fstest.MapFS{"policies/a.yaml": good}, "."}, ".: can't be read: permission denied\n\thint: nothing is applied until it can be read"},
		{"a symlink", fstest.MapFS{"policies/a.yaml": {Mode: fs.ModeSymlink, Data: []byte("b")}}, "policies/a.yaml: a symlink stands here\n\thint: copy what it leads to"},
		{"a symlink for all", fstest.MapFS{"policies": {Mode: fs.ModeSymlink, Data: []byte("b")}}, "policies: a symlink stands here\n\thint: copy what it leads to"},
		{"a submodule", fstest.MapFS{"policies/sub": {Mode: fs.ModeIrregular}}, "policies/sub: a submodule or special file stands here\n\thint: copy its files into the config repo, so that one commit says everything"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := policy.Load(tt.fsys)
			if diff := cmp.Diff(tt.want, faults.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"policies: {a: {assert: 'true'}}", "policies:\n  a:\n    assert: |\n      resource.x ==\n    message: '{{ id }} {{'\n",
		"policies: [{name: a, assert: \"\\u0020oops\\\n x\", match: {when: x}}]", "policies: {a: {assert: &a !!str >-\n  x\n, field: 'a[0]'}}",
		"policies: {a: {assert: 'x', exceptions: [{resources: [routes/*], who: a, until: 2027-02-30}]}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		set, faults := policy.Load(repo(text))
		for _, fault := range faults {
			if fault.Code == "" || fault.Hint == "" || fault.Pos.File != "policies/p.yaml" || fault.Pos.Line > len(lines)+1 {
				t.Errorf("incomplete fault: %#v", fault)
			}
		}
		for _, fault := range set.Check("prod", "prod-eu", state(map[string]any{"uri": "/x"}), newYear) {
			if fault.Code == "" || fault.Hint == "" || fault.What == "" || len(fault.Error()) > 30*len(text)+2000 {
				t.Errorf("incomplete fault: %#v", fault)
			}
		}
	})
}
