package reconciler

import (
	"errors"
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// Failure is an error on its way between processes: its words, and what decides what comes next. The words are those that stand in the
// journal; they hold no secret.
type Failure struct {
	Text    string          `json:"text"`
	Classes []gateway.Class `json:"classes,omitempty"`
	Unlike  bool            `json:"unlike,omitempty"` // all was accepted, and live is not as desired
	Unable  bool            `json:"unable,omitempty"` // it says nothing of the gateway
}

// FailureOf returns what an error says and means; nil for nil.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	f := &Failure{Text: err.Error(), Unlike: errors.Is(err, errUnlike), Unable: errors.Is(err, ErrUnable)}
	found := map[gateway.Class]bool{}
	classes(err, found)
	for _, class := range []gateway.Class{gateway.Refused, gateway.Denied, gateway.Unreachable, gateway.Moved} {
		if found[class] {
			f.Classes = append(f.Classes, class)
		}
	}
	return f
}

// Err returns the failure as an error that says and means the same; nil for nil.
func (f *Failure) Err() error {
	if f == nil {
		return nil
	}
	return &farError{*f}
}

// farError is what went wrong in another process.
type farError struct{ failure Failure }

// Error says it in the words of that process.
func (e *farError) Error() string { return e.failure.Text }

// Unwrap returns what callers branch on.
func (e *farError) Unwrap() []error {
	var below []error
	for _, class := range e.failure.Classes {
		below = append(below, &gateway.Error{Class: class, Reason: e.failure.Text})
	}
	if e.failure.Unlike {
		below = append(below, errUnlike)
	}
	if e.failure.Unable {
		below = append(below, ErrUnable)
	}
	return below
}

// ErrUnable says that a Hand could not begin, or that nobody knows how far it came: the trouble is none of the gateway's.
var ErrUnable = errors.New("the work was not done")

// Unable is an error of a Hand that may pass by itself.
func Unable(why error) error {
	return &gateway.Error{Class: gateway.Unreachable, Op: "hand over", Err: fmt.Errorf("%w: %w", ErrUnable, why)}
}
