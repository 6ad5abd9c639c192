package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/settings"
)

var namedFile = regexp.MustCompile(`(?m)[a-zA-Z]File: (/[^\s,}]+)`)

// loads holds that a daemon's file has no fault once the files that it names are there. Those stand below another root here.
func loads(t *testing.T, text string) {
	t.Helper()
	root := t.TempDir()
	for _, found := range namedFile.FindAllStringSubmatch(text, -1) {
		name := filepath.Join(root, found[1])
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text = namedFile.ReplaceAllStringFunc(text, func(key string) string { return strings.Replace(key, ": /", ": "+root+"/", 1) })
	file := filepath.Join(root, "sluice-daemon.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, faults := settings.Load(file); faults.HasErrors() {
		t.Errorf("%v\n%s", faults, text)
	}
}

// TestTheSampleOfThePackages holds that the sample is quiet as it is, and loads when its marks are taken away.
func TestTheSampleOfThePackages(t *testing.T) {
	data, err := os.ReadFile("packages/sluice-daemon.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, faults := settings.Load("packages/sluice-daemon.yaml"); !faults.HasErrors() {
		t.Error("the sample is a daemon's file as it is: it would be followed by who starts the service without a look")
	}
	loads(t, regexp.MustCompile(`(?m)^#([^ \n])`).ReplaceAllString(regexp.MustCompile(`(?m)^#(  +[a-z])`).ReplaceAllString(string(data), "$1"), "$1"))
}
