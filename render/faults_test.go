package render_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestFaults holds the archive of each fault: it is named after the fault's code.
func TestFaults(t *testing.T) {
	seen := map[string]bool{}
	archives(t, "faults", func(t *testing.T, name string, archive *txtar.Archive) {
		_, faults := renderAll(repoOf(archive))
		found := false
		for _, fault := range faults {
			seen[fault.Code] = true
			found = found || strings.HasPrefix(name, fault.Code)
			if fault.Hint == "" {
				t.Errorf("no hint: %s", fault.Error())
			}
		}
		if !found {
			t.Errorf("no fault has the code that the archive is named after:\n%s", faults.Error())
		}
		compare(t, archive, "want", faults.Error()+"\n")
	})
	for _, code := range codes(t) {
		if !seen[code] && !slices.Contains(elsewhere, code) {
			t.Errorf("the fault %q has no archive in testdata/faults", code)
		}
	}
}

// elsewhere are the codes that an archive can't show; tables in Go do.
var elsewhere = []string{
	"unreadable", "file-too-large", "invalid-utf8", "unresolved-value", "unreachable-secret", "alias-bomb", "too-deep", "too-large", "over-limit",
	"expired-certificate", "expiring-certificate", "routes-not-compared",
}

// codes reads the codes of all faults from the source of the packages that make them.
func codes(t *testing.T) []string {
	t.Helper()
	var codes []string
	for _, pkg := range []string{"strictyaml", "environments", "render", "gateway/schema", "policy"} {
		files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					codes = append(codes, codeOf(call)...)
				}
				return true
			})
		}
	}
	if len(codes) < 40 {
		t.Errorf("found only %d codes: did the constructors get other names?", len(codes))
	}
	return codes
}

func codeOf(call *ast.CallExpr) []string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 || !slices.Contains([]string{"Errorf", "Warningf", "fault"}, selector.Sel.Name) {
		return nil
	}
	literal, ok := call.Args[1].(*ast.BasicLit)
	if !ok {
		return nil
	}
	code, err := strconv.Unquote(literal.Value)
	if err != nil || strings.ContainsAny(code, " %") {
		return nil
	}
	return []string{code}
}
