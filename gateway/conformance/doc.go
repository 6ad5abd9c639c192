// Package conformance checks a running gateway against what the rest of Sluice counts on: that every kind of resource can be
// written, read back without a difference and removed, that the gateway refuses what it should, and that traffic is answered while
// it changes.
//
// It uses the public clients and plain HTTP, as a user would, so that it can be run against any real gateway. Everything that it
// makes carries one prefix and is removed again. It refuses a gateway that holds anything else, unless it is told to go on, and
// never touches what it did not make.
package conformance
