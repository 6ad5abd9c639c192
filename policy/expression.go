package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/sluice-gitops/sluice/diag"
)

// Limits in the units of CEL: roughly one for each step of an evaluation.
const (
	// limitOnce is for one expression over one resource.
	limitOnce = 1_000_000
	// limitPolicy is for one policy over one gateway group: a few seconds at worst, and 2,000 for each of 10,000 resources.
	limitPolicy = 20_000_000
)

// expression is a compiled piece of CEL. It is safe for concurrent use.
type expression struct {
	program cel.Program
	pos     diag.Pos
}

// budget is the cost that a policy may still cause.
type budget struct{ left uint64 }

var errTooCostly = errors.New("it costs too much")

// value evaluates the expression for one resource.
func (e *expression) value(r *resource, b *budget) (ref.Val, error) {
	if b.left == 0 {
		return nil, errTooCostly
	}
	out, details, err := e.program.Eval(variables{r})
	b.left -= min(b.left, spent(details))
	var cancelled interpreter.EvalCancelledError
	if errors.As(err, &cancelled) {
		return nil, errTooCostly
	}
	return out, err
}

// spent is never zero, so that a budget always comes to its end.
func spent(details *cel.EvalDetails) uint64 {
	if details == nil || details.ActualCost() == nil {
		return limitOnce
	}
	return 1 + *details.ActualCost()
}

// holds evaluates a condition for one resource.
func (e *expression) holds(r *resource, b *budget) (bool, error) {
	out, err := e.value(r, b)
	if err != nil {
		return false, err
	}
	truth, ok := out.(types.Bool)
	if !ok {
		return false, fmt.Errorf("it comes to %s, not to true or false", out.Type().TypeName())
	}
	return bool(truth), nil
}

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(slices.Collect(strings.FieldsSeq(text)), " ") }
