package deploy_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite what the chart is wanted to render, and what its schema says of the daemon's file")

// tool returns a program that Go builds from a module of its own below tools, so that the product's go.mod stays lean. The test is
// skipped, and says so, where it can't be built.
func tool(t *testing.T, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), buildTime(t))
	defer cancel()
	build := exec.CommandContext(ctx, "go", "tool", "-n", name)
	build.Dir = filepath.Join("tools", name)
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	var faults strings.Builder
	build.Stderr = &faults
	path, err := build.Output()
	if err != nil {
		t.Skipf("SKIPPED: %s NOT checked: %s can't be built from deploy/tools/%s: %v\n%s", t.Name(), name, name, err, faults.String())
	}
	return strings.TrimSpace(string(path))
}

// buildTime is how long a tool may take to be built: the first time takes minutes, and what was built until then is kept for the next.
func buildTime(t *testing.T) time.Duration {
	deadline, bounded := t.Deadline()
	if !bounded {
		return time.Hour
	}
	return time.Until(deadline) * 3 / 4
}

// installed returns a program of this machine. The test is skipped, and says so, where it is not there.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s NOT checked: %s is not installed here", t.Name(), name)
	}
	return path
}

// output runs a program and returns what it prints, complaints included.
func output(name string, args ...string) (string, error) {
	command := exec.Command(name, args...)
	command.Env = append(os.Environ(), "HELM_CACHE_HOME="+os.TempDir(), "HELM_CONFIG_HOME="+os.TempDir(), "HELM_DATA_HOME="+os.TempDir())
	out, err := command.CombinedOutput()
	return string(out), err
}
