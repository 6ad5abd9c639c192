package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unit copies the unit to where its command is there, for systemd-analyze looks for it.
func unit(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("systemd/sluice.service")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "sluice")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	moved := strings.ReplaceAll(string(text), "/usr/bin/sluice", program)
	if moved == string(text) {
		t.Fatal("the unit does not start /usr/bin/sluice, where the packages put it")
	}
	path := filepath.Join(dir, "sluice.service")
	if err := os.WriteFile(path, []byte(moved), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnit(t *testing.T) {
	if said, err := output(installed(t, "systemd-analyze"), "verify", "--man=no", unit(t)); err != nil || said != "" {
		t.Errorf("%v\n%s", err, said)
	}
}

// TestUnitIsHardened holds how much of the machine the service can reach. What is left it needs: the network, and the names of other
// machines.
func TestUnitIsHardened(t *testing.T) {
	printed, err := output(installed(t, "systemd-analyze"), "security", "--offline=true", "--no-pager", "--json=short", "--threshold=15", unit(t))
	if err != nil {
		t.Errorf("the exposure is above 1.5: %v", err)
	}
	var checks []struct {
		Name     string `json:"json_field"`
		Set      bool
		Exposure any
	}
	if err := json.Unmarshal([]byte(printed[strings.Index(printed, "["):strings.LastIndex(printed, "]")+1]), &checks); err != nil {
		t.Fatalf("%v in %s", err, printed)
	}
	open := map[string]bool{ // what the service needs, or what the machine's owner decides
		"PrivateNetwork": true, "IPAddressDeny": true, "RestrictAddressFamilies_AF_INET_INET6": true, "RestrictAddressFamilies_AF_UNIX": true,
		"RootDirectoryOrRootImage": true, "DeviceAllow": true, "ProcSubset": true, // the metrics of the process read /proc/stat
	}
	for _, check := range checks {
		if !check.Set && !open[check.Name] && check.Exposure != nil {
			t.Errorf("%s is open: %v", check.Name, check.Exposure)
		}
	}
	if len(checks) < 50 {
		t.Errorf("%d checks only", len(checks))
	}
}
