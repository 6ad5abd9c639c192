// Package sample holds the config repo that `sluice init` and `sluice demo` write: a small company with three services, three
// environments and two prod gateway groups in waves. It shows every idea of the format once, in the size a person can read.
package sample

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed all:repo
var files embed.FS

// FS returns the sample config repo, rooted at its sluice.yaml.
func FS() fs.FS {
	repo, err := fs.Sub(files, "repo")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	return repo
}

// Write copies the sample into dir, which is made when it does not exist. Each file begins with what head gives for its path; nil gives
// nothing. It overwrites nothing: a file that is already there is an error that wraps fs.ErrExist.
func Write(dir string, head func(path string) string) error {
	return fs.WalkDir(FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(path))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		data, err := fs.ReadFile(FS(), path)
		if err != nil {
			return err
		}
		if head != nil {
			data = append([]byte(head(path)), data...)
		}
		return writeNew(target, data)
	})
}

func writeNew(target string, data []byte) error {
	file, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write sample: %w", err)
	}
	if _, err := file.Write(data); err != nil {
		file.Close()
		return fmt.Errorf("write sample: %w", err)
	}
	return file.Close()
}
