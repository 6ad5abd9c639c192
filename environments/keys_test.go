package environments

import (
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// TestEveryKeyIsExplained holds what is said of the keys to what is decoded: nothing is left out, and nothing is made up. Below
// rollout, which is not acted on yet, keys need no words.
func TestEveryKeyIsExplained(t *testing.T) {
	if rest := slices.Concat(strictyaml.Unexplained(settingsFile{}, RootKeys()), strictyaml.Unknown(settingsFile{}, RootKeys())); len(rest) > 0 {
		t.Errorf("sluice.yaml: %v", rest)
	}
	unexplained := slices.DeleteFunc(strictyaml.Unexplained(file{}, Keys()), func(path string) bool { return strings.HasPrefix(path, "rollout.") })
	unknown := slices.DeleteFunc(strictyaml.Unknown(file{}, Keys()), func(path string) bool { return strings.HasPrefix(path, "extends[]") })
	if len(unexplained)+len(unknown) > 0 {
		t.Errorf("environment.yaml: nothing is said of %v; there are no keys %v", unexplained, unknown)
	}
	if rest := strictyaml.Unexplained(pinnedLayer{}, strictyaml.Keys{{Path: "path", Meaning: "-"}, {Path: "revision", Meaning: "-"}}); len(rest) > 0 {
		t.Errorf("the schema of extends lacks %v", rest)
	}
}
