// Package web serves what the daemon knows over HTTP: whether it lives, whether it is ready, and the status and the history as
// JSON. No answer ever holds a credential or a resource's values. All that can be changed here is whether an environment is paused,
// by who shows the token.
package web
