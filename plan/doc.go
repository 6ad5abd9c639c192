// Package plan compares desired with live and orders the difference so that no request is dropped on the way.
//
// Everything here is pure: no I/O, no clock, no context. New returns a Plan; Guards say whether it may be applied; Text and
// Document show it. What a plan never does: touch a resource that Sluice does not own, write what has not changed, or let
// something be referred to before it exists or removed while it is referred to.
package plan
