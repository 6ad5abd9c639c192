package gateway

import (
	"fmt"
	"net/http"
)

// Class says what a failed request to a gateway means for what comes next.
type Class int

// The classes. The zero value is not a class.
const (
	// Refused: the gateway looked at the object and will not have it. Only a new commit helps; what depends on it is skipped.
	Refused Class = iota + 1
	// Denied: the key or the address is not allowed in. Nothing else in the group can work; a person must act.
	Denied
	// Unreachable: no answer, an answer cut short, or 429 and 5xx after all retries. The next pass tries again.
	Unreachable
	// Moved: somebody else has changed the resource since it was read, so that the plan is stale. Nothing was written; the next
	// pass plans anew.
	Moved
)

// String returns the word for logs and for the machine output.
func (c Class) String() string {
	return [...]string{"unknown", "refused", "denied", "unreachable", "moved"}[c]
}

// Error is a request to a gateway that did not do what it should. Use errors.As to branch on its Class.
type Error struct {
	Class  Class
	Op     string // "put", "delete", "list", "settle"
	Key    Key    // the resource; for a list only its Kind
	Status int    // the HTTP status, 0 when there was no answer
	Reason string // the gateway's own words, cut to a line and free of secrets
	Err    error  // what lies below, when there is something
}

// Error says what was tried on what, and what came back.
func (e *Error) Error() string {
	what := e.Op
	if e.Key.ID != "" {
		what += " " + e.Key.String()
	} else if e.Key.Kind != "" {
		what += " " + string(e.Key.Kind)
	}
	reason := e.Reason
	if reason == "" && e.Err != nil {
		reason = e.Err.Error()
	}
	if e.Status == 0 {
		return fmt.Sprintf("%s: %s", what, reason)
	}
	return fmt.Sprintf("%s: %d %s: %s", what, e.Status, http.StatusText(e.Status), reason)
}

// Unwrap returns the error below.
func (e *Error) Unwrap() error { return e.Err }
