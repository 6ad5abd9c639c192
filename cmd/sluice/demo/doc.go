// Package demo runs the whole of Sluice on one machine with nothing to set up: the sample config repo as a real Git repository,
// a small backend for each environment, embedded gateway groups with real traffic, and the daemon. The tour makes the commits
// itself and checks what each of them did.
package demo
