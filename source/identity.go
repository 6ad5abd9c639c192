package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// signatures begins a commit with who makes it: Git's own variables, else its configuration. Included files are not read.
func (c *Clone) signatures(when time.Time) (*object.Commit, error) {
	name, email, err := c.configured()
	if err != nil {
		return nil, err
	}
	made := &object.Commit{
		Author:    object.Signature{Name: variable("GIT_AUTHOR_NAME", name), Email: variable("GIT_AUTHOR_EMAIL", email), When: when},
		Committer: object.Signature{Name: variable("GIT_COMMITTER_NAME", name), Email: variable("GIT_COMMITTER_EMAIL", email), When: when},
	}
	if made.Committer.Name == "" {
		made.Committer.Name = made.Author.Name
	}
	if made.Committer.Email == "" {
		made.Committer.Email = made.Author.Email
	}
	if made.Author.Name == "" || made.Author.Email == "" {
		return nil, &Error{
			What: "make a commit: Git knows no author",
			Hint: "git config user.name and user.email, or set GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL",
		}
	}
	return made, nil
}

func variable(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// configured reads user.name and user.email: the nearest file that has one counts.
func (c *Clone) configured() (name, email string, err error) {
	if os.Getenv("GIT_AUTHOR_NAME") != "" && os.Getenv("GIT_AUTHOR_EMAIL") != "" {
		return "", "", nil // what nobody asks for can't be in the way
	}
	for _, file := range append([]string{filepath.Join(c.dir, "config")}, userConfigs()...) {
		read, err := readConfig(file)
		if err != nil {
			return "", "", err
		}
		if name == "" {
			name = read.User.Name
		}
		if email == "" {
			email = read.User.Email
		}
	}
	return name, email, nil
}

// userConfigs are the configuration files beyond that of the repository, the nearest first.
func userConfigs() []string {
	system := []string{"/etc/gitconfig"}
	if os.Getenv("GIT_CONFIG_NOSYSTEM") != "" {
		system = nil
	}
	if only := os.Getenv("GIT_CONFIG_GLOBAL"); only != "" {
		return append([]string{only}, system...)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return system
	}
	xdg := variable("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	return append([]string{filepath.Join(home, ".gitconfig"), filepath.Join(xdg, "git", "config")}, system...)
}

func readConfig(path string) (*config.Config, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return config.NewConfig(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration of Git: %w", err)
	}
	defer file.Close()
	read, err := config.ReadConfig(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return read, nil
}

// isCheckedOut reports whether a work tree of the repository stands on a branch.
func (c *Clone) isCheckedOut(ref plumbing.ReferenceName) (bool, error) {
	linked, err := filepath.Glob(filepath.Join(c.dir, "worktrees", "*"))
	if err != nil {
		return false, err
	}
	for _, own := range append(linked, c.dir, c.own) {
		name, _, err := c.checkedOut(own)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
		if name == ref {
			return true, nil
		}
	}
	return false, nil
}

// Branch returns the short name of the branch that is checked out; empty when it is none.
func (c *Clone) Branch() string {
	name, _, err := c.checkedOut(c.own)
	if err != nil || !name.IsBranch() {
		return ""
	}
	return name.Short()
}
