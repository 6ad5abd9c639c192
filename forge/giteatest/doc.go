// Package giteatest runs a real Gitea for tests: on loopback, in a directory of its own, with a user and a token, gone when the test
// ends. Nothing of it is part of the program.
//
// A test asks for one with Start, and is skipped unless the variable SLUICE_E2E is set: `make e2e` sets it, after `go run ./tools/gitea`
// has built Gitea from its Go module. The binary is kept in the cache directory of the user.
package giteatest
