package source

import (
	"os"
	"path/filepath"
	"strings"
)

// gitDir returns the directory that holds HEAD for a repository at path: path/.git, where a .git file of a linked work tree or
// submodule points to, or path itself when it is bare.
func gitDir(path string) string {
	dot := filepath.Join(path, ".git")
	info, err := os.Stat(dot)
	if err != nil {
		return path
	}
	if info.IsDir() {
		return dot
	}
	data, err := os.ReadFile(dot)
	if err != nil {
		return path
	}
	to, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
	if !ok {
		return path
	}
	return beside(path, to)
}

// commonDir returns the directory that holds the branches: a linked work tree shares those of its repository.
func commonDir(gitDir string) string {
	data, err := os.ReadFile(filepath.Join(gitDir, "commondir"))
	if err != nil {
		return gitDir
	}
	return beside(gitDir, strings.TrimSpace(string(data)))
}

func beside(dir, to string) string {
	if filepath.IsAbs(to) {
		return to
	}
	return filepath.Join(dir, to)
}
