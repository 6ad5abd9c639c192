package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"slices"
	"strings"
)

// sizes is what there is to say about one package.
type sizes struct {
	files, functions           []int // lines of each
	lines, testLines, exported int
}

func (s *sizes) add(other *sizes) {
	s.files = append(s.files, other.files...)
	s.functions = append(s.functions, other.functions...)
	s.lines += other.lines
	s.testLines += other.testLines
	s.exported += other.exported
}

func (s *sizes) file(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := bytes.Count(data, []byte("\n"))
	if strings.HasSuffix(path, "_test.go") {
		s.testLines += lines
		return nil
	}
	s.lines += lines
	s.files = append(s.files, lines)
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, path, data, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, declaration := range tree.Decls {
		s.declaration(fset, declaration)
	}
	return nil
}

func (s *sizes) declaration(fset *token.FileSet, declaration ast.Decl) {
	switch declaration := declaration.(type) {
	case *ast.FuncDecl:
		s.functions = append(s.functions, fset.Position(declaration.End()).Line-fset.Position(declaration.Pos()).Line+1)
		if declaration.Recv == nil && declaration.Name.IsExported() {
			s.exported++
		}
	case *ast.GenDecl:
		for _, spec := range declaration.Specs {
			s.exported += exportedNames(spec)
		}
	}
}

func exportedNames(spec ast.Spec) int {
	n := 0
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() {
			n++
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() {
				n++
			}
		}
	}
	return n
}

func (s *sizes) print(w io.Writer, name string) {
	fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%d\t%d\t\n", name, s.lines, spread(s.files), spread(s.functions), s.exported, s.testLines)
}

// spread is "median/p90/max".
func spread(lengths []int) string {
	if len(lengths) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(lengths))
	last := len(sorted) - 1
	return fmt.Sprintf("%d/%d/%d", sorted[last/2], sorted[last*9/10], sorted[last])
}
