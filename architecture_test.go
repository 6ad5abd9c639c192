package sluice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sluice-gitops/sluice"

// leaves know nothing of the pipeline; everything may import them.
var leaves = []string{"diag", "gateway", "gateway/schema", "strictyaml"}

// stages stand in the order in which a commit goes through them.
var stages = []string{"source", "environments", "render", "plan", "apply", "record"}

// mayImport says which packages of this module a package may import. What is not listed may import nothing of ours. Packages
// below cmd may import everything.
func mayImport() map[string][]string {
	allowed := map[string][]string{
		"gateway":             {"diag"},
		"strictyaml":          {"diag"},
		"gateway/schema":      {"diag", "gateway"},
		"gateway/admin":       {"diag", "gateway"},
		"gateway/control":     {"gateway", "gateway/admin"},
		"gateway/validate":    {"gateway", "gateway/admin"},
		"gateway/embedded":    {"diag", "gateway"},
		"gateway/apisix":      {"diag", "gateway", "gateway/admin", "gateway/control", "gateway/schema", "gateway/validate"},
		"gateway/standalone":  {"diag", "gateway", "gateway/admin", "gateway/control", "gateway/schema", "gateway/validate"},
		"gateway/api7":        {"diag", "gateway", "gateway/admin", "gateway/schema"},
		"gateway/conformance": {"diag", "gateway", "gateway/admin", "gateway/apisix", "plan", "apply"},
		"importer":            leaves,
		"settings":            slices.Concat(leaves, []string{"vault", "forge", "notify", "record"}),
		"feed":                {"record"},
		"notes":               {"source", "record", "feed"},
		"notify":              {"gateway", "record", "feed"},
		"trust":               {},
		"sops":                {"diag", "strictyaml"},
		"policy":              leaves,
		"openapi":             leaves,
		"skew":                {"diag", "gateway"},
		"tools/conformance":   {"gateway", "gateway/conformance", "gateway/embedded"},
		"tools/gitea":         {"forge/giteatest"},
		"vault":               {},
		"reconciler":          slices.Concat(leaves, stages, []string{"policy", "verify", "window", "canary", "trace"}),
		"verify":              slices.Concat(leaves, []string{"environments", "render"}),
		"window":              {"diag", "environments"},
		"canary":              leaves,
		"forge":               slices.Concat(leaves, []string{"record"}),
		"trace":               {},
		"trace/tracetest":     {},
		"metrics":             slices.Concat(leaves, stages, []string{"reconciler"}),
		"replica":             {"record"},
		"revert":              {"source", "forge"},
		"promotion":           {"diag", "source", "environments", "record", "forge"},
		"preview":             slices.Concat(leaves, []string{"source", "environments", "render", "plan", "record", "policy", "openapi", "verify", "forge", "reconciler", "trace"}),
		"simulation":          slices.Concat(leaves, stages, []string{"canary", "gateway/apisix", "gateway/embedded", "reconciler", "verify", "forge"}),
		"insight":             slices.Concat(leaves, stages, []string{"policy", "skew", "reconciler"}),
		"web/problem":         {},
		"web/page":            {"diag", "record", "skew", "insight"},
		"web/browsertest":     {},
		"web/access":          {"gateway", "web/problem"},
		"web/access/oidctest": {},
		"web":                 slices.Concat(leaves, stages, []string{"reconciler", "forge", "insight", "web/access", "web/problem"}),
	}
	for i, stage := range stages {
		allowed[stage] = slices.Concat(leaves, stages[:i])
	}
	return allowed
}

// TestArchitecture holds the laws of the house (docs/architecture.md).
func TestArchitecture(t *testing.T) {
	packages := list(t)
	t.Run("imports go down and to the left", func(t *testing.T) { importsGoLeft(t, packages) })
	t.Run("nothing imports cmd", func(t *testing.T) { nothingImportsCommands(t, packages) })
	t.Run("render and plan do no I/O", func(t *testing.T) { pureStages(t, packages) })
	t.Run("yaml is read in one place", func(t *testing.T) {
		onlyIn(t, packages, "gopkg.in/yaml.v3", "strictyaml")
	})
	t.Run("git is spoken in one place", func(t *testing.T) {
		onlyIn(t, packages, "github.com/go-git/go-git/v5", "source")
	})
	t.Run("traces are made in one place", func(t *testing.T) {
		onlyIn(t, packages, "go.opentelemetry.io/otel", "trace")
	})
	t.Run("metrics are made in one place", func(t *testing.T) {
		onlyIn(t, packages, "github.com/prometheus/client_golang", "metrics")
	})
	t.Run("files are named after what they hold", func(t *testing.T) { fileNames(t, packages) })
	t.Run("no init", func(t *testing.T) { eachFile(t, packages, noInit) })
	t.Run("package variables do not change", func(t *testing.T) { eachFile(t, packages, noReassignment) })
	t.Run("exported names are documented", func(t *testing.T) { eachFile(t, packages, documented) })
	t.Run("packages are documented", func(t *testing.T) { packageComments(t, packages) })
}

// goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath   string
	Dir          string
	Doc          string
	Imports      []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

func (p goPackage) name() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

func (p goPackage) isCommand() bool {
	return strings.HasPrefix(p.name(), "cmd/") || strings.HasPrefix(p.name(), "tools/")
}

// ours returns the packages of this module that p imports.
func (p goPackage) ours() []string {
	var names []string
	for _, imported := range p.Imports {
		if name, ok := strings.CutPrefix(imported, module+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}

func list(t *testing.T) []goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		if p.ImportPath != module { // this directory holds tests only
			packages = append(packages, p)
		}
	}
	if len(packages) < len(leaves)+len(stages) {
		t.Fatalf("go list found %d packages only", len(packages))
	}
	return packages
}

func importsGoLeft(t *testing.T, packages []goPackage) {
	allowed := mayImport()
	for _, p := range packages {
		if strings.HasPrefix(p.name(), "cmd/") {
			continue
		}
		for _, imported := range p.ours() {
			if !slices.Contains(allowed[p.name()], imported) {
				t.Errorf("%s imports %s; it may import %v", p.name(), imported, allowed[p.name()])
			}
		}
	}
}

func nothingImportsCommands(t *testing.T, packages []goPackage) {
	for _, p := range packages {
		for _, imported := range p.ours() {
			if strings.HasPrefix(imported, "cmd/") && !p.isCommand() {
				t.Errorf("%s imports %s", p.name(), imported)
			}
		}
	}
}

// pureStages keeps render and plan from reading anything but the fs.FS that they are given, and from depending on the time.
func pureStages(t *testing.T, packages []goPackage) {
	impure := []string{"context", "io/ioutil", "log", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "syscall", "time"}
	for _, p := range packages {
		if p.name() != "render" && p.name() != "plan" {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(impure, imported) {
				t.Errorf("%s imports %s", p.name(), imported)
			}
		}
	}
}

// onlyIn holds a dependency, its sub-packages included, to the packages that are there for it.
func onlyIn(t *testing.T, packages []goPackage, dependency string, homes ...string) {
	for _, p := range packages {
		for _, imported := range p.Imports {
			if (imported == dependency || strings.HasPrefix(imported, dependency+"/")) && !slices.Contains(homes, p.name()) {
				t.Errorf("%s imports %s, which belongs to %v", p.name(), imported, homes)
			}
		}
	}
}

func fileNames(t *testing.T, packages []goPackage) {
	empty := []string{"utils", "util", "helpers", "helper", "common", "types", "misc", "shared", "base"}
	for _, p := range packages {
		for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			stem := strings.TrimSuffix(strings.TrimSuffix(file, ".go"), "_test")
			if slices.Contains(empty, stem) {
				t.Errorf("%s says nothing of what it holds", path.Join(p.name(), file))
			}
		}
	}
}

func packageComments(t *testing.T, packages []goPackage) {
	for _, p := range packages {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.name())
		}
	}
}

// sourceFile is one parsed file that is no test.
type sourceFile struct {
	tree *ast.File
	fset *token.FileSet
	vars map[string]*ast.ValueSpec // the variables of the whole package
}

// eachFile parses the files of every package and shows them to a law.
func eachFile(t *testing.T, packages []goPackage, law func(*testing.T, sourceFile)) {
	for _, p := range packages {
		fset := token.NewFileSet()
		vars := map[string]*ast.ValueSpec{}
		var trees []*ast.File
		for _, name := range p.GoFiles {
			tree, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			trees = append(trees, tree)
			collectVars(tree, vars)
		}
		for _, tree := range trees {
			law(t, sourceFile{tree, fset, vars})
		}
	}
}

func collectVars(tree *ast.File, into map[string]*ast.ValueSpec) {
	for _, declaration := range tree.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			variable := spec.(*ast.ValueSpec)
			for _, name := range variable.Names {
				if name.Name != "_" {
					into[name.Name] = variable
				}
			}
		}
	}
}

func (f sourceFile) at(n ast.Node) token.Position { return f.fset.Position(n.Pos()) }

func noInit(t *testing.T, f sourceFile) {
	for _, declaration := range f.tree.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
			t.Errorf("%v: func init: build it where it is used", f.at(function))
		}
	}
}

// noReassignment finds assignments to package variables, to their elements and to their fields.
func noReassignment(t *testing.T, f sourceFile) {
	ast.Inspect(f.tree, func(n ast.Node) bool {
		var targets []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				targets = n.Lhs
			}
		case *ast.IncDecStmt:
			targets = []ast.Expr{n.X}
		}
		for _, target := range targets {
			if name := root(target); name != nil && f.isPackageVariable(name) {
				t.Errorf("%v: the package variable %s is changed", f.at(name), name.Name)
			}
		}
		return true
	})
}

// root is the variable that an assignment changes: x of x, x.y and x[i].
func root(target ast.Expr) *ast.Ident {
	switch target := target.(type) {
	case *ast.Ident:
		return target
	case *ast.SelectorExpr:
		return root(target.X)
	case *ast.IndexExpr:
		return root(target.X)
	}
	return nil
}

// isPackageVariable reports whether a name is that of a package variable and is not bound otherwise inside a function. The parser leaves
// a name unbound when its declaration stands in another file of the package.
func (f sourceFile) isPackageVariable(name *ast.Ident) bool {
	spec, known := f.vars[name.Name]
	return known && (name.Obj == nil || name.Obj.Decl == spec)
}

func documented(t *testing.T, f sourceFile) {
	for _, declaration := range f.tree.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			if declaration.Name.IsExported() && receiverIsExported(declaration) && declaration.Doc == nil {
				t.Errorf("%v: %s has no comment", f.at(declaration), declaration.Name.Name)
			}
		case *ast.GenDecl:
			documentedSpecs(t, f, declaration)
		}
	}
}

func receiverIsExported(function *ast.FuncDecl) bool {
	if function.Recv == nil {
		return true
	}
	base := function.Recv.List[0].Type
	for {
		switch inner := base.(type) {
		case *ast.StarExpr:
			base = inner.X
		case *ast.IndexExpr:
			base = inner.X
		case *ast.Ident:
			return inner.IsExported()
		default:
			return false
		}
	}
}

// documentedSpecs takes a comment on the group, before the name or behind it.
func documentedSpecs(t *testing.T, f sourceFile, group *ast.GenDecl) {
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && group.Doc == nil && spec.Doc == nil {
				t.Errorf("%v: %s has no comment", f.at(spec), spec.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && group.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					t.Errorf("%v: %s has no comment", f.at(spec), name.Name)
				}
			}
		}
	}
}
