// Package notes writes on each commit, as a Git note, how it has ended in each environment: one JSON object a line. Whoever clones the config
// repo and fetches refs/notes/sluice can read there what ran where, without asking anybody.
package notes
