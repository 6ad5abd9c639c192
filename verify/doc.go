// Package verify waits until what was applied to a wave of gateway groups holds: the instances are healthy, probes get the
// answers they should, metrics stay within their bounds, and all of it for as long as the soak says.
//
// Requests go only where the daemon's own file allows; a config repo can't send them elsewhere.
package verify
