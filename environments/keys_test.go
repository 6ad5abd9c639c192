package environments

import (
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// TestEveryKeyIsExplained holds what is said of the keys to what is decoded: nothing is left out, and nothing is made up.
func TestEveryKeyIsExplained(t *testing.T) {
	if rest := slices.Concat(strictyaml.Unexplained(settingsFile{}, RootKeys()), strictyaml.Unknown(settingsFile{}, RootKeys())); len(rest) > 0 {
		t.Errorf("sluice.yaml: %v", rest)
	}
	unexplained := strictyaml.Unexplained(file{}, Keys())
	unknown := slices.DeleteFunc(strictyaml.Unknown(file{}, Keys()), func(path string) bool {
		return strings.HasPrefix(path, "extends[]") || strings.HasPrefix(path, "drift.")
	})
	if len(unexplained)+len(unknown) > 0 {
		t.Errorf("environment.yaml: nothing is said of %v; there are no keys %v", unexplained, unknown)
	}
	if rest := strictyaml.Unexplained(pinnedLayer{}, strictyaml.Keys{{Path: "path", Meaning: "-"}, {Path: "revision", Meaning: "-"}}); len(rest) > 0 {
		t.Errorf("the schema of extends lacks %v", rest)
	}
	if rest := strictyaml.Unexplained(driftFile{}, strictyaml.Keys{{Path: "mode", Meaning: "-"}, {Path: "ignore", Meaning: "-"}}); len(rest) > 0 {
		t.Errorf("the schema of drift lacks %v", rest)
	}
}
