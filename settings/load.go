package settings

import (
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Load reads the daemon's file at path, and everything about it that can be told without speaking to anyone: the files that
// it names must be there. The list holds all faults, warnings included; with a fault of severity Error the Settings must not
// be used. Faults never hold a value that could be a secret.
func Load(path string) (Settings, diag.List) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Settings{}, diag.List{diag.Errorf(diag.Pos{File: path}, "unreadable", "read settings: %v", err)}
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Settings{}, diag.List{diag.Errorf(diag.Pos{File: path}, "unreadable", "read settings: %v", err)}
	}
	root, faults := strictyaml.Parse(path, data)
	if root == nil && faults.HasErrors() {
		return Settings{}, faults.Sorted()
	}
	root = refuse(root, "", &faults)
	var s Settings
	faults.Add(strictyaml.Decode(root, &s)...)
	s.complete(dir)
	c := checker{file: path, root: root}
	c.settings(s)
	faults.Add(c.faults...)
	return s, faults.Sorted()
}

// names returns the names of the gateway groups in order.
func (s Settings) names() []string { return slices.Sorted(maps.Keys(s.GatewayGroups)) }
