// Package admin is what the clients of Admin APIs share: how a request is sent, tried again, bounded in time and number, and
// what its answer means.
//
// Three rules hold throughout. Unreadable is never empty: an answer that is cut short or not the Admin API's is an error. A
// change is never cut in the middle: once sent, a write runs to its own timeout. And a secret leaves the process only in the
// body of a request (Reveal) and in the header that carries the admin key; errors are free of both.
package admin
