// Package web serves what the daemon knows over HTTP: whether it lives, whether it is ready, and the status and the history as
// JSON. Everything here only reads; no answer ever holds a credential or a resource's values.
package web
