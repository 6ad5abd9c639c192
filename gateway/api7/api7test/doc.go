// Package api7test plays the control plane of API7 Enterprise over real HTTP, for tests: the API as it is documented, with its
// habits. It drops the fields that it has no place for without a word, fills in the defaults of its version, never returns a
// private key, pages its lists, deletes what hangs below what is deleted, and wants services to be published where it is told so.
//
// It was written from documents and other clients of the API, not from the real thing. It carries no traffic and runs no plugin.
package api7test
