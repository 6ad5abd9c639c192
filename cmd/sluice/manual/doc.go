// Package manual writes the manual pages of the program: one for each command, made of what --help says, and one for the daemon's own
// file, made of what its schema says. They hold no date, so that the same version is always the same bytes.
package manual
