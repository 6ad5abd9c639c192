package policy

import (
	"slices"
	"testing"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// TestEveryKeyIsExplained holds what is said of the keys of a policy to what is decoded.
func TestEveryKeyIsExplained(t *testing.T) {
	if rest := slices.Concat(strictyaml.Unexplained(policyFile{}, Keys()), strictyaml.Unknown(policyFile{}, Keys())); len(rest) > 0 {
		t.Errorf("unexplained or unknown: %v", rest)
	}
}
