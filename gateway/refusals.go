package gateway

import (
	"errors"
	"maps"
	"slices"
)

// Refusals is the error of several changes that were sent at once, where the gateway will not have some of them. None of
// what was sent was written. What is not named here may be sent again without what is.
type Refusals struct {
	// Keys holds why each resource was refused, as a *Error of class Refused. The zero value refuses nothing.
	Keys map[Key]error
}

// Error says it for each resource, in the order of the keys.
func (r *Refusals) Error() string { return errors.Join(r.Unwrap()...).Error() }

// Unwrap returns the error of each resource, in the order of the keys.
func (r *Refusals) Unwrap() []error {
	var all []error
	for _, key := range slices.SortedFunc(maps.Keys(r.Keys), Key.Compare) {
		all = append(all, r.Keys[key])
	}
	return all
}
