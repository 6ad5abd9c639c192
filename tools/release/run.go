package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// output runs a command in the current directory and returns what it prints.
func output(ctx context.Context, name string, args ...string) (string, error) {
	return capture(exec.CommandContext(ctx, name, args...))
}

// capture runs a command. Its error holds what the command said.
func capture(command *exec.Cmd) (string, error) {
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(command.Args, " "), err, bytes.TrimSpace(append(out, complaint.Bytes()...)))
	}
	return strings.TrimSpace(string(out)), nil
}

// tool builds a tool from its own module, unless it was built before, and returns its path.
func tool(ctx context.Context, module, name string) (string, error) {
	command := exec.CommandContext(ctx, "go", "tool", "-n", name)
	command.Dir = module
	command.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	return capture(command)
}

// copySource copies what Git knows of, and what it does not ignore.
func copySource(ctx context.Context, to string) error {
	names, err := output(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
	if err != nil {
		return fmt.Errorf("list the source: %w", err)
	}
	for _, name := range strings.Split(strings.Trim(names, "\x00"), "\x00") {
		if err := copyFile(name, filepath.Join(to, name)); err != nil {
			return fmt.Errorf("copy the source: %w", err)
		}
	}
	return nil
}

// copyFile copies a regular file with its mode. One that was removed and not committed yet is left out.
func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}
