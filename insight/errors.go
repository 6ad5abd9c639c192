package insight

import "fmt"

// NotFoundError says that there is nothing of that name.
type NotFoundError struct{ What string }

// Error names what there is not.
func (e *NotFoundError) Error() string { return "no " + e.What }

// QueryError says that a question makes no sense.
type QueryError struct {
	Field string // of the query
	What  string // what is wrong with it
}

// Error names the field and what is wrong with it.
func (e *QueryError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.What) }
