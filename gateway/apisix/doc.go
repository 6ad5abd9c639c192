// Package apisix reads and writes one gateway group of Apache APISIX through its Admin API.
//
// A Gateway lists everything (Live) or reads single resources (Read), puts and deletes one resource at a time, and waits until
// the instances have taken what was written (Settle). It knows what a Lua gateway does to a body and back: Defaults tells
// which values it fills in, gateway.Align does the rest. It remembers how everything was last read or written, and says what
// somebody else has changed since (Moved).
//
// Two rules hold throughout. Unreadable is never empty: an answer that is cut short, miscounted or not the Admin API's is an
// error. And a secret leaves the process only in the body of a request (encode) and in the header that carries the admin key.
//
// The package decides nothing about order and ownership; it only does what it is told.
package apisix
