package sluice_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/openapi"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/render"
)

// renderers are the packages that take part in making desired state of a snapshot and judging it. Package sops belongs to them too: it
// runs a command when the daemon's file names one, which TestTheCommandIsRunOnlyWhenItIsSet holds.
var renderers = []string{"diag", "strictyaml", "gateway", "gateway/schema", "environments", "render", "policy", "openapi"}

// reach are the packages with which a program reads files, runs something or calls somebody. Where some of their functions only work
// on texts, those are named.
func reach() map[string][]string {
	return map[string][]string{
		"os": nil, "os/exec": nil, "os/user": nil, "syscall": nil, "plugin": nil, "unsafe": nil, "C": nil, "path/filepath": nil, "io/ioutil": nil,
		"net/rpc": nil, "net/smtp": nil, "log/syslog": nil, "database/sql": nil,
		"net":        {"SplitHostPort", "JoinHostPort", "ParseIP", "ParseCIDR"},
		"net/http":   {"StatusText", "CanonicalHeaderKey"},
		"crypto/tls": {"X509KeyPair"}, // of texts; LoadX509KeyPair reads files
		"embed":      {"FS"},
		// Of our own: where snapshots come from. Their type and their errors are all that is known of it.
		module + "/source": {"Snapshot", "Commit", "Error", "ErrAmbiguous", "ErrNoRepository", "ErrNotAncestor", "ErrShallow", "ErrUnknownCommit"},
	}
}

// TestRenderingReachesNothing holds that desired state is made without a way to read outside the snapshot, to run anything, or to call
// anybody.
func TestRenderingReachesNothing(t *testing.T) {
	var packages []goPackage
	for _, p := range list(t) {
		if slices.Contains(renderers, p.name()) {
			packages = append(packages, p)
		}
	}
	if len(packages) != len(renderers) {
		t.Fatalf("%d of %d packages found", len(packages), len(renderers))
	}
	eachFile(t, packages, func(t *testing.T, f sourceFile) {
		names := map[string]string{} // of the imports that reach, by the name in the file
		for _, spec := range f.tree.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			harmless, reaches := reach()[path]
			switch {
			case reaches && harmless == nil, reaches && spec.Name != nil && spec.Name.Name == ".":
				t.Errorf("%v: %s is imported", f.at(spec), path)
			case reaches && spec.Name != nil:
				names[spec.Name.Name] = path
			case reaches:
				names[path[strings.LastIndexByte(path, '/')+1:]] = path
			}
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, ok := selector.X.(*ast.Ident)
			if ok && of.Obj == nil && names[of.Name] != "" && !slices.Contains(reach()[names[of.Name]], selector.Sel.Name) {
				t.Errorf("%v: %s.%s reaches outside the snapshot", f.at(selector), of.Name, selector.Sel.Name)
			}
			return true
		})
	})
}

// TestWhatStandsOutsideIsNotRead lets a config repo on a disk name what stands beside it in every way there is: links, paths that climb,
// absolute paths, other cases of a name, zero bytes. Each is a fault, and nothing of the other file shows.
func TestWhatStandsOutsideIsNotRead(t *testing.T) {
	const secret = "0ut51de"
	outside := t.TempDir()
	write := func(root, name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(outside, "a.yaml", "vars: {"+secret+": "+secret+"}\n"+secret+": x\n")
	write(outside, "groups.yaml", secret+": "+secret+"\n")
	tests := []struct {
		name, link string // link: a path in the repo that leads outside
		to         string // below outside
		files      map[string]string
	}{
		{"a fragment that is a link", "base/b.yaml", "a.yaml", nil},
		{"a layer that is a link", "linked", ".", map[string]string{"environments/test/environment.yaml": "extends: [linked]\ngroups: [g]\n"}},
		{"a layer behind a link", "linked", ".", map[string]string{"environments/test/environment.yaml": "extends: [linked/.]\ngroups: [g]\n"}},
		{"an environment.yaml that is a link", "environments/uat/environment.yaml", "a.yaml", nil},
		{"an environment that is a link", "environments/uat", ".", nil},
		{"a group that is a link", "environments/test/groups/g", ".", nil},
		{"groups that are a link", "environments/test/groups", ".", nil},
		{"policies that are a link", "policies", ".", nil},
		{"a policy that is a link", "policies/a.yaml", "a.yaml", nil},
		{"groups of schemas that are a link", "schemas/groups.yaml", "groups.yaml", nil},
		{"schemas that are a link", "schemas", ".", nil},
		{"a schema that is a link", "schemas/x.json", "a.yaml", map[string]string{"schemas/groups.yaml": "g: x\n"}},
		{"a contract that is a link", "contracts/a.yaml", "a.yaml", nil},
		{"contracts that are a link", "contracts", ".", nil},
		{"a document that is a link", "api.yaml", "a.yaml", map[string]string{"contracts/a.yaml": "openapi: api.yaml\nservice: a\n"}},
		{"a path that climbs", "", "", map[string]string{"environments/test/environment.yaml": "extends: [base/../../" + filepath.Base(outside) + "]\ngroups: [g]\n"}},
		{"an absolute path", "", "", map[string]string{"environments/test/environment.yaml": "extends: ['" + outside + "']\ngroups: [g]\n"}},
		{"a zero byte", "", "", map[string]string{"environments/test/environment.yaml": "extends: [\"base\\0\"]\ngroups: [g]\n"}},
		{"another case", "", "", map[string]string{"environments/test/environment.yaml": "extends: [BASE]\ngroups: [g]\n"}},
		{"a schema that climbs", "", "", map[string]string{"schemas/groups.yaml": "g: ../../a\n"}},
		{"a document that climbs", "", "", map[string]string{"contracts/a.yaml": "openapi: ../a.yaml\nservice: a\n"}},
		{"an absolute document", "", "", map[string]string{"contracts/a.yaml": "openapi: " + outside + "/a.yaml\nservice: a\n"}},
		{"a reference out of a document", "", "", map[string]string{"contracts/a.yaml": "openapi: api.yaml\nservice: a\n",
			"api.yaml": "openapi: 3.0.0\npaths: {/a: {$ref: '../a.yaml#/x'}, /b: {$ref: 'file://" + outside + "/a.yaml'}}\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			write(root, "sluice.yaml", "version: 1\n")
			write(root, "base/up.yaml", "upstreams: {up: {nodes: {\"h:1\": 1}}}\n")
			write(root, "environments/test/environment.yaml", "extends: [base]\ngroups: [g]\n")
			for name, text := range tt.files {
				write(root, name, text)
			}
			if tt.link != "" {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(root, tt.link)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(filepath.Join(outside, tt.to), filepath.Join(root, tt.link)); err != nil {
					t.Skipf("SKIPPED: links can't be made here: %v", err)
				}
			}
			faults := judge(root)
			if !faults.HasErrors() {
				t.Errorf("no fault: %v", faults)
			}
			if text := faults.Error(); strings.Contains(strings.ReplaceAll(text, outside, ""), secret) {
				t.Errorf("what stands outside was read: %s", text)
			}
		})
	}
}

// judge does with a config repo what validate does, and returns all faults.
func judge(root string) diag.List {
	repo := os.DirFS(root)
	tree := environments.Load(repo)
	faults := append(diag.List{}, tree.Faults...)
	policies, more := policy.Load(repo)
	faults.Add(more...)
	contracts, more := openapi.LoadContracts(repo)
	faults.Add(more...)
	for _, env := range tree.Environments {
		faults.Add(env.Faults...)
		for _, group := range env.Groups() {
			state, found := render.New().Render(repo, tree, env, group, nil)
			faults.Add(found...)
			faults.Add(contracts.Check(env.Name, state)...)
		}
	}
	faults.Add(policies.CheckNames(tree.Names())...)
	return faults
}
