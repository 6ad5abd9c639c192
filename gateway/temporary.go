package gateway

import "strings"

// The ids of what a plan puts up and takes down again on the way to the desired state. A config repo has no resources of such ids.
const (
	BridgePrefix = "sluice-bridge-" // routes that carry traffic while it moves between routes
	DetourPrefix = "sluice-detour-" // copies of definitions that change, and of certificates whose names move
)

// Temporary reports whether k is the key of a resource that only stands while a plan is carried out. One that is found later was left by
// a pass that was cut off.
func (k Key) Temporary() bool {
	return strings.HasPrefix(k.ID, BridgePrefix) || strings.HasPrefix(k.ID, DetourPrefix)
}
