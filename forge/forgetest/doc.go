// Package forgetest plays the five types of forges from memory, each with the ways of its own that a client has to know: how lists go
// on, which status says what, what is refused with which words. Where a way is known from, stands beside it.
//
// A Forge holds one repository. Its methods are what others do there: they open pull requests, push, comment, set statuses. The program
// under test speaks to its URL.
package forgetest
