// Package revert offers to take a commit back: a branch of Sluice's own that reverts it, and a pull request from there.
package revert
