package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// workTree is the demo's config repo, driven by the git command as a person would.
type workTree struct{ dir string }

func (t workTree) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", t.dir}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return strings.TrimSpace(string(out)), nil
}

// begin makes the directory a repository with one commit. The author is set in the repository itself, so that the demo's commits
// work on a machine where git was never configured.
func (t workTree) begin(ctx context.Context) error {
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"config", "user.name", "Demo"},
		{"config", "user.email", "demo@acme.example"},
		{"config", "commit.gpgsign", "false"},
	} {
		if _, err := t.git(ctx, args...); err != nil {
			return err
		}
	}
	_, err := t.commit(ctx, "Begin: users, orders and payments on three environments")
	return err
}

// commit commits everything and returns the new hash.
func (t workTree) commit(ctx context.Context, message string) (string, error) {
	if _, err := t.git(ctx, "add", "--all"); err != nil {
		return "", err
	}
	if _, err := t.git(ctx, "commit", "--quiet", "--message", message); err != nil {
		return "", err
	}
	return t.git(ctx, "rev-parse", "HEAD")
}

// revert reverts a commit and returns the new hash.
func (t workTree) revert(ctx context.Context, hash string) (string, error) {
	if _, err := t.git(ctx, "revert", "--no-edit", hash); err != nil {
		return "", err
	}
	return t.git(ctx, "rev-parse", "HEAD")
}

// edit replaces text in a file; text that is not there is an error.
func (t workTree) edit(path, old, new string) error {
	file := filepath.Join(t.dir, filepath.FromSlash(path))
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !strings.Contains(string(data), old) {
		return fmt.Errorf("edit %s: %q is not in it", path, old)
	}
	return os.WriteFile(file, []byte(strings.ReplaceAll(string(data), old, new)), 0o644)
}
