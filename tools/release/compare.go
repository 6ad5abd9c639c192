package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// compare compares two directories byte by byte. The error names every file that differs, and where.
func compare(first, second string) error {
	one, err := files(first)
	if err != nil {
		return err
	}
	other, err := files(second)
	if err != nil {
		return err
	}
	if !slices.Equal(one, other) {
		return fmt.Errorf("one holds %s, the other %s", strings.Join(one, " "), strings.Join(other, " "))
	}
	var differ []string
	for _, name := range one {
		at, err := firstDifference(filepath.Join(first, name), filepath.Join(second, name))
		if err != nil {
			return err
		}
		if at >= 0 {
			differ = append(differ, fmt.Sprintf("%s at byte %d", name, at))
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("%s", strings.Join(differ, ", "))
	}
	return nil
}

// files are the paths of all files below a directory, in order.
func files(dir string) ([]string, error) {
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// firstDifference is the place of the first byte that differs, or -1.
func firstDifference(first, second string) (int, error) {
	one, err := os.ReadFile(first)
	if err != nil {
		return 0, err
	}
	other, err := os.ReadFile(second)
	if err != nil || bytes.Equal(one, other) {
		return -1, err
	}
	for i := range min(len(one), len(other)) {
		if one[i] != other[i] {
			return i, nil
		}
	}
	return min(len(one), len(other)), nil
}

// writeSums writes SHA256SUMS for all files of a directory, in the form of sha256sum.
func writeSums(dir string) error {
	names, err := files(dir)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	return writeFile(filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()))
}
