package settings

import (
	"slices"
	"testing"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// TestEveryKeyIsExplained holds what is said of the keys of the daemon's file to what is decoded.
func TestEveryKeyIsExplained(t *testing.T) {
	if rest := slices.Concat(strictyaml.Unexplained(Settings{}, Keys()), strictyaml.Unknown(Settings{}, Keys())); len(rest) > 0 {
		t.Errorf("unexplained or unknown: %v", rest)
	}
}
