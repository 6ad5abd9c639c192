package render_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

func TestRenderGolden(t *testing.T) {
	archives(t, "render", func(t *testing.T, _ string, archive *txtar.Archive) {
		states, faults := renderAll(repoOf(archive))
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			name, isState := strings.CutPrefix(strings.TrimSuffix(file.Name, ".yaml"), "want/")
			if isState && name != "warnings" && states[name] == nil {
				t.Errorf("%s is wanted, but %s was not rendered", file.Name, name)
			}
		}
		for name, state := range states {
			compare(t, archive, "want/"+name+".yaml", yamlOf(t, state))
		}
		if len(faults) > 0 {
			compare(t, archive, "want/warnings", faults.Error()+"\n")
		}
	})
}
