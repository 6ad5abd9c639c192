package sluice_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestLogsDocument holds the fields of the log to docs/logs.md: each one is a word of its vocabulary, and each word is used.
func TestLogsDocument(t *testing.T) {
	data, err := os.ReadFile("docs/logs.md")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*`) \\| \\S").FindAllStringSubmatch(string(data), -1) {
		for _, word := range regexp.MustCompile("`([a-zA-Z_]+)`").FindAllStringSubmatch(row[1], -1) {
			words[word[1]] = true
		}
	}
	fields := logFields(t)
	if len(words) < 20 || len(fields) < 20 {
		t.Fatalf("%d words and %d fields found: the search is broken", len(words), len(fields))
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !words[name] {
			t.Errorf("%s: the field %q is no word of docs/logs.md", fields[name], name)
		}
	}
	for _, word := range slices.Sorted(maps.Keys(words)) {
		if fields[word] == "" {
			t.Errorf("docs/logs.md has the word %q, which no line of the log uses", word)
		}
	}
}

// TestOperationsQuotesTheLog holds the lines of the log that docs/operations.md quotes to what the program says.
func TestOperationsQuotesTheLog(t *testing.T) {
	data, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	eachProgramFile(t, func(_ *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				texts = append(texts, text.Value)
			}
			return true
		})
	})
	said := strings.Join(texts, "\n")
	quoted := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (?:info|warn|error) \| ([^|]*) \|`).FindAllStringSubmatch(string(data), -1) {
		for _, line := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			quoted++
			if !strings.Contains(said, line[1]) {
				t.Errorf("docs/operations.md quotes the line %q, which the log never says", line[1])
			}
		}
	}
	if quoted < 10 {
		t.Fatalf("%d lines found: the search is broken", quoted)
	}
}

// logFields finds the fields of the log in the program, with a place where each is used.
func logFields(t *testing.T) map[string]string {
	t.Helper()
	fields := map[string]string{"error": "zap.Error"}
	eachProgramFile(t, func(fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			function, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, _ := function.X.(*ast.Ident)
			name, _ := call.Args[0].(*ast.BasicLit)
			if from == nil || from.Name != "zap" || name == nil || name.Kind != token.STRING {
				return true
			}
			if word, err := strconv.Unquote(name.Value); err == nil {
				fields[word] = fset.Position(n.Pos()).String()
			}
			return true
		})
	})
	return fields
}

// eachProgramFile parses what goes into the program.
func eachProgramFile(t *testing.T, show func(*token.FileSet, *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && path != "."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err == nil {
			show(fset, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
