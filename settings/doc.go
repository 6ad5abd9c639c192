// Package settings reads the daemon's own file: which repository to follow, where the gateway groups are, how to log in to
// them, and what config repos may name.
//
// The file holds no secret itself; it names files and environment variables that do. Load reports all faults at once, each
// with its place. Keys of later versions are refused by name, never ignored. Values gives a render what the allow lists let
// it have, and nothing else.
package settings
