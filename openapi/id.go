package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// ids returns the ids of the routes of operations, in their order. They do not depend on that order. An operation is known by its
// operationId, else by method and path. Operations that would have the same id get an ending that tells them apart.
func ids(service string, operations []Operation) []string {
	wanted := make([]string, len(operations))
	count := map[string]int{}
	for i, o := range operations {
		wanted[i] = wantedID(service, o)
		count[strings.ToLower(wanted[i])]++
	}
	for i, o := range operations {
		if len(wanted[i]) > longestID || count[strings.ToLower(wanted[i])] > 1 {
			wanted[i] = ended(wanted[i], o)
		}
	}
	return wanted
}

func wantedID(service string, o Operation) string {
	name := slug(o.ID)
	if name == "" {
		name = strings.TrimRight(strings.ToLower(o.Method)+"-"+slug(o.Path), "-")
	}
	if strings.HasPrefix(name, service+"-") {
		return name
	}
	return service + "-" + name
}

// ended puts a digest of method and path behind an id: of the path alone no two operations have both.
func ended(id string, o Operation) string {
	sum := sha256.Sum256([]byte(o.Name()))
	ending := "-" + hex.EncodeToString(sum[:5])
	return strings.TrimRight(id[:min(len(id), longestID-len(ending))], "-._") + ending
}
