package policy

import (
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// condition compiles an expression that must come to true or false.
func (r *reader) condition(n *strictyaml.Node) *expression {
	text, ok := r.text(n)
	if !ok {
		return nil
	}
	s := scalar{text: text, pos: n.Pos, lines: r.lines}
	e, result := r.compile(text, s.at)
	if e != nil && result != cel.BoolType && result != cel.DynType {
		r.faults.Add(diag.Errorf(e.pos, "policy-expression", "the expression comes to %s, not to true or false", result).
			WithHint("compare it with something, as in size(resource.uris) > 0"))
	}
	return e
}

// compile compiles an expression. At tells the place of each of its runes. The expression is nil when it has a fault.
func (r *reader) compile(text string, at func(offset int) diag.Pos) (*expression, *cel.Type) {
	if !r.spends(text, at(0)) {
		return nil, nil
	}
	parsed, issues := r.env.Parse(text)
	if issues.Err() == nil {
		if tooLarge(parsed) {
			r.faults.Add(diag.Errorf(at(0), "policy-expression", "the expression is too large").
				WithHint("split the policy: %d parts and %d levels are allowed", maxParts, maxLevels))
			return nil, nil
		}
		parsed, issues = r.env.Check(parsed)
	}
	if issues.Err() != nil {
		for _, fault := range issues.Errors() {
			r.faults.Add(expressionFault(fault, at(offsetOf(text, fault.Location))))
		}
		return nil, nil
	}
	program, err := r.env.Program(parsed, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(limitOnce))
	if err != nil {
		r.faults.Add(diag.Errorf(at(0), "policy-expression", "%v", firstLine(err.Error())).WithHint("docs/policies.md has the language"))
		return nil, nil
	}
	return &expression{program: program, pos: at(0)}, parsed.OutputType()
}

// Limits of an expression after its macros were put in: checking the types of a deep one can take minutes.
const (
	maxParts  = 1000
	maxLevels = 50
	maxRunes  = 10_000
)

func tooLarge(parsed *cel.Ast) bool {
	parts, levels := 0, 0
	visitor := ast.NewExprVisitor(func(e ast.Expr) {
		parts++
		if part, ok := e.(ast.NavigableExpr); ok {
			levels = max(levels, part.Depth())
		}
	})
	ast.PreOrderVisit(ast.NavigateAST(parsed.NativeRep()), visitor)
	return parts > maxParts || levels > maxLevels
}

// offsetOf returns the number of runes before a location of the library, which counts columns from 0.
func offsetOf(text string, at common.Location) int {
	lines := strings.SplitAfter(text, "\n")
	offset := max(at.Column(), 0)
	for i := 0; i+1 < at.Line() && i < len(lines); i++ {
		offset += len([]rune(lines[i]))
	}
	return offset
}

var (
	undeclared = regexp.MustCompile(`undeclared reference to '([^']*)'`)
	// librarysOwn is what the library adds to a message: a guess that leaves out functions, and a container, which policies do not have.
	librarysOwn = regexp.MustCompile(` \((did you mean|in container) [^)]*\)`)
)

func expressionFault(fault *common.Error, pos diag.Pos) diag.Diagnostic {
	hint := "the language is CEL: docs/policies.md has its variables and functions"
	if m := undeclared.FindStringSubmatch(fault.Message); m != nil {
		hint = diag.DidYouMean(m[1], names, "quote it if it is text; docs/policies.md has the variables and functions")
	}
	message := strings.TrimPrefix(firstLine(fault.Message), "Syntax error: ")
	message = librarysOwn.ReplaceAllString(message, "")
	return diag.Errorf(pos, "policy-expression", "the expression can't be read: %s", message).WithHint("%s", hint)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
