// Package memory sets how early the garbage of a daemon is collected: by what its container may have, and more often than Go does by itself.
// What somebody has set in GOGC or GOMEMLIMIT stays as it is.
package memory
