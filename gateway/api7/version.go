package api7

import (
	"context"
	"strconv"
	"strings"
)

// Version returns the version of the control plane, as "3.9.14"; "dev" for a build that has none. Errors are *gateway.Error.
func (g *Gateway) Version(ctx context.Context) (string, error) {
	var answer struct {
		Value *string `json:"value"`
	}
	if err := g.fetch(ctx, g.base+"/api/version", &answer); err != nil {
		return "", err
	}
	if answer.Value == nil {
		return "", foreignAnswer("version")
	}
	return *answer.Value, nil
}

// atLeast reports whether a version is the wanted one or newer. What is no version counts as the newest.
func atLeast(version string, wanted ...int) bool {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", len(wanted))
	for i, want := range wanted {
		if i >= len(parts) {
			return want == 0
		}
		digits := strings.IndexFunc(parts[i]+".", func(r rune) bool { return r < '0' || r > '9' })
		have, err := strconv.Atoi(parts[i][:digits])
		if err != nil {
			return true
		}
		if have != want {
			return have > want
		}
	}
	return true
}
