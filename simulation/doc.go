// Package simulation plays the daemon against everything that can go wrong around it, in virtual time, one seed for one run.
//
// The reconciler and all below it are the real ones: render, plan, apply, the journal, the client of the Admin API. What stands
// outside is played: the Git remote, the gateways (the Admin API of package gateway/embedded, called without a socket), the disk
// below the journal, the forge, the clock, and strangers who write to the gateways. The daemon is killed at any instant and
// started again over what was durable.
//
// Every operation of the daemon at one of these seams waits under a name that does not change from run to run. The conductor lets
// the program come to rest, lets the seed choose which operation goes on and what becomes of it, and looks after each step whether
// the promises of docs/simulation.md still hold. So a seed is a whole run: the same seed gives the same trace.
//
// The package is for tests: Run must be called in a bubble of testing/synctest.
package simulation
