// Package canary says through which states a gateway group goes when the new upstream of a service takes a growing share of the requests.
//
//	old ─▶ step 1 ─▶ … ─▶ step n ─▶ landing ─▶ next        step i: traffic-split sends share i to a temporary copy of the new upstream
//	           └──────────┴─▶ step 0 ─▶ old               landing: all of it; what the service itself names is the new upstream by now
//
// Each of them is a whole gateway.State that an ordinary plan reaches in safe order. All is derived from the two states and the rules, so that
// a restart finds the same states and ids again, and InForce tells from live which of them stands.
//
// The package does no I/O, has no clock, and decides nothing: when to take the next step, and when to turn back, is up to the reconciler.
package canary
