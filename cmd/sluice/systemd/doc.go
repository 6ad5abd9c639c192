// Package systemd tells the service manager how the daemon is: that it is up, that it reads its file again, that it ends, and in one
// line what it does. Where no service manager listens nothing is said, and nothing is done.
//
// READY is said when the daemon's file is read, the journal and the mirror are open and the API takes requests. It does not wait for
// the first look at the gateways, which may be out of reach for hours: /readyz and the line of STATUS tell of that.
package systemd
