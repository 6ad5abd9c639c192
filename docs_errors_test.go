package sluice_test

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestErrorsDocument holds docs/errors.md to the code: every fault code and every guard has one section, every section has a
// fault code or a guard, and an example that testdata/faults has a case for is what the program says.
func TestErrorsDocument(t *testing.T) {
	sections := errorSections(t)
	codes := faultCodes(t)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if _, ok := sections[code]; !ok {
			t.Errorf("docs/errors.md has no section %q (%s)", code, codes[code])
		}
	}
	for heading, body := range sections {
		if _, ok := codes[heading]; !ok {
			t.Errorf("docs/errors.md has a section %q, which no fault has", heading)
		}
		checkExample(t, heading, body)
	}
}

var errorHeading = regexp.MustCompile("(?m)^### `(.*)`.*$")

func errorSections(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	found := errorHeading.FindAllSubmatchIndex(data, -1)
	for i, at := range found {
		end := len(data)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		heading := string(data[at[2]:at[3]])
		if _, twice := sections[heading]; twice {
			t.Errorf("docs/errors.md has two sections %q", heading)
		}
		sections[heading] = string(data[at[1]:end])
	}
	return sections
}

// checkExample looks for the example of a section in the wanted faults of its cases.
func checkExample(t *testing.T, code, body string) {
	_, rest, found := strings.Cut(body, "```text\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Errorf("docs/errors.md: %q has no example", code)
		return
	}
	if !strings.Contains(body, "\nCure: ") {
		t.Errorf("docs/errors.md: %q has no line that begins with Cure:", code)
	}
	cases, err := filepath.Glob(filepath.Join("testdata", "faults", code+"*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		return
	}
	for _, file := range cases {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range archive.Files {
			if part.Name == "want" && strings.Contains(string(part.Data), example) {
				return
			}
		}
	}
	t.Errorf("docs/errors.md: the example of %q is not what %v want:\n%s", code, cases, example)
}

// faultCodes finds every code that the program can give, and a place that gives it: texts that are passed to a parameter
// called code, texts that are put into a field called code, and guards.
func faultCodes(t *testing.T) map[string]string {
	codes := map[string]string{}
	var files []sourceFile
	parameters := map[string]int{} // by package and name of the function
	eachFile(t, list(t), func(_ *testing.T, f sourceFile) {
		files = append(files, f)
		f.codeParameters(parameters)
	})
	for _, f := range files {
		f.collectCodes(parameters, codes)
	}
	if len(codes) < 50 {
		t.Fatalf("only %d fault codes found: the search is broken", len(codes))
	}
	return codes
}

func (f sourceFile) codeParameters(into map[string]int) {
	for _, declaration := range f.tree.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		i := 0
		for _, parameter := range function.Type.Params.List {
			for _, name := range parameter.Names {
				if name.Name == "code" {
					into[f.tree.Name.Name+"."+function.Name.Name] = i
				}
				i++
			}
		}
	}
}

func (f sourceFile) collectCodes(parameters map[string]int, codes map[string]string) {
	ast.Inspect(f.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if i, ok := parameters[f.callee(n)]; ok && i < len(n.Args) {
				f.note(n.Args[i], "", codes)
			}
		case *ast.CompositeLit:
			f.codesInLiteral(n, codes)
		}
		return true
	})
}

// callee names the function that is called: of this package, of diag, or a method of this package.
func (f sourceFile) callee(call *ast.CallExpr) string {
	switch called := call.Fun.(type) {
	case *ast.Ident:
		return f.tree.Name.Name + "." + called.Name
	case *ast.SelectorExpr:
		if of, ok := called.X.(*ast.Ident); ok && of.Name == "diag" {
			return "diag." + called.Sel.Name
		}
		return f.tree.Name.Name + "." + called.Sel.Name
	}
	return ""
}

// codesInLiteral takes `Guard: "x"`, and the second value of a refusal, which is its code.
func (f sourceFile) codesInLiteral(literal *ast.CompositeLit, codes map[string]string) {
	if name, ok := literal.Type.(*ast.Ident); ok && name.Name == "refusal" && len(literal.Elts) > 1 {
		f.note(literal.Elts[1], "", codes)
	}
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Guard" && f.tree.Name.Name == "plan" {
			f.note(pair.Value, "guard ", codes)
		}
	}
}

func (f sourceFile) note(value ast.Expr, prefix string, codes map[string]string) {
	literal, ok := value.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return
	}
	if code, err := strconv.Unquote(literal.Value); err == nil {
		codes[prefix+code] = f.at(literal).String()
	}
}
