// Package preview shows on pull requests what merging them would do.
//
// For each open pull request into the followed branch, the head is merged into the branch in memory, the result is rendered for every
// environment, and compared with what the branch renders to. Where that makes a difference, the result is also planned against the live
// gateways, which tells the digest by which a guard can be given leave. What comes of it is one comment and one status for each
// environment. Nothing is ever written to a gateway.
//
//	open pulls ──fetch heads──▶ merge ──render──▶ desired(merge) − desired(branch) ──▶ comment, statuses
//	                                        └──plan against live (never for forks) ──▶ guards, digest
//
// Run-time values are not resolved for the comparison: secrets by their names only, on both sides. A pull request from a fork is not
// planned against live at all, and no encrypted file is opened for it: whoever may open one may not learn what a gateway holds.
//
// A pull request is planned when its head or the branch has moved, and not otherwise.
package preview
