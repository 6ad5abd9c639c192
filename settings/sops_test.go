package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSOPS(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"key": 0o600, "age": 0o600, "open": 0o644, "tool": 0o700} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode))
	}
	tests := []struct{ name, text, want string }{
		{"a key file", "{ageKeyFile: age}", ""},
		{"a command beside the file", "{command: ./tool}", ""},
		{"a command on the path", "{command: sh}", ""},
		{"a key file that is not there", "{ageKeyFile: none}", "no such file"},
		{"a key file that all can read", "{ageKeyFile: open}", `everyone on this machine can read`},
		{"a command that is not there", "{command: ./none}", "no such file"},
		{"a command that nobody has installed", "{command: no-such-sops}", "not found"},
		{"a key in clear", "{ageKey: AGE-SECRET-KEY-1CANARY}", `"ageKey" must not hold a secret in clear`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(dir, "sluice.yaml")
			must(t, os.WriteFile(file, []byte(smallest+"sops: "+test.text+"\n"), 0o600))
			s, faults := Load(file)
			if test.want == "" && len(faults) > 0 || !strings.Contains(faults.Error(), test.want) || strings.Contains(faults.Error(), "CANARY") {
				t.Errorf("faults %v, want %q", faults, test.want)
			}
			if path := s.SOPS.AgeKeyFile; path != "" && !filepath.IsAbs(path) {
				t.Errorf("the path %q is not absolute", path)
			}
		})
	}
}
