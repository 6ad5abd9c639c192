package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/importer"
)

// place refuses to write where something is, or to put secrets among what is committed. It looks before a gateway is read.
func (i *imports) place() error {
	if i.secretsDir != "" {
		inside, err := within(i.to, i.secretsDir)
		if err != nil {
			return err
		}
		if inside {
			return fmt.Errorf("%s is inside the config repo, where secrets would be committed\n\thint: name another directory for --secrets-dir", i.secretsDir)
		}
	}
	if i.force {
		return nil
	}
	for _, dir := range []string{i.to, i.secretsDir} {
		if err := empty(dir); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a directory is another one, or lies in it.
func within(outer, inner string) (bool, error) {
	from, err := realPath(outer)
	if err != nil {
		return false, err
	}
	to, err := realPath(inner)
	if err != nil {
		return false, err
	}
	way, err := filepath.Rel(from, to)
	return err == nil && way != ".." && !strings.HasPrefix(way, ".."+string(filepath.Separator)), nil
}

// realPath follows the links of what exists of a path.
func realPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for rest := ""; ; {
		if found, err := filepath.EvalSymlinks(absolute); err == nil {
			return filepath.Join(found, rest), nil
		}
		if absolute == filepath.Dir(absolute) {
			return "", fmt.Errorf("no directory %s", path)
		}
		rest = filepath.Join(filepath.Base(absolute), rest)
		absolute = filepath.Dir(absolute)
	}
}

// empty refuses a directory that holds anything but a Git repository without files.
func empty(dir string) error {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if entry.Name() != ".git" {
			return fmt.Errorf("%s is not empty, and nothing was written\n\thint: name a new directory, or say --force", dir)
		}
	}
	return nil
}

// makeSecretsDir makes the directory of the secrets before the daemon's file is read, which may name it. Undo takes it away again
// when it was made and stayed empty.
func (i *imports) makeSecretsDir() (undo func(), err error) {
	undo = func() {}
	if i.secretsDir == "" {
		return undo, nil
	}
	if _, err := os.Lstat(i.secretsDir); errors.Is(err, fs.ErrNotExist) {
		undo = func() { _ = os.Remove(i.secretsDir) } // it fails when anything is in there, and then it stays
	}
	if err := os.MkdirAll(i.secretsDir, 0o700); err != nil {
		return undo, fmt.Errorf("make directory for secrets: %w", err)
	}
	return undo, nil
}

// writeRepo writes the files, and the secrets apart from them. It returns how many secrets it wrote. What would lie outside of
// the two directories is refused before anything is written.
func (a *app) writeRepo(i imports, repo importer.Repo) (secrets int, err error) {
	if err := local(repo); err != nil {
		return 0, err
	}
	for _, name := range slices.Sorted(maps.Keys(repo.Files)) {
		file := filepath.Join(i.to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return 0, err
		}
		if err := a.writeFile(file, repo.Files[name], 0o644, i.force); err != nil {
			return 0, err
		}
	}
	if i.secretsDir == "" {
		return 0, nil
	}
	return a.writeSecrets(i, repo.Secrets)
}

// local refuses names that lead out of the directory that they are to be in.
func local(repo importer.Repo) error {
	names := slices.Sorted(maps.Keys(repo.Files))
	for _, use := range repo.Secrets {
		names = append(names, use.Name)
	}
	for _, name := range names {
		if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name {
			return fmt.Errorf("write config repo: %q leads out of its place, and nothing was written\n\thint: give the environment and the group other names", name)
		}
	}
	return nil
}

// writeSecrets writes the secrets that the gateways show, a file each, for their owner alone.
func (a *app) writeSecrets(i imports, uses []importer.SecretUse) (written int, err error) {
	if err := os.MkdirAll(i.secretsDir, 0o700); err != nil {
		return 0, err
	}
	if err := os.Chmod(i.secretsDir, 0o700); err != nil {
		return 0, err
	}
	for _, use := range uses {
		if !use.Value.Resolved() {
			continue
		}
		if err := a.writeFile(filepath.Join(i.secretsDir, use.Name), secretFile(use.Value.Reveal()), 0o600, i.force); err != nil {
			return written, err
		}
		written++
	}
	return written, nil
}

// storeSchemas keeps in the config repo what each gateway takes, so that it is held against that, here and ever after.
func storeSchemas(dir string, what holdings) ([]string, error) {
	var stored []string
	for _, name := range slices.Sorted(maps.Keys(what.schemas)) {
		one, err := storeSchema(dir, name, what.schemas[name])
		if err != nil {
			return nil, fmt.Errorf("store schemas of gateway group %q: %w", name, err)
		}
		stored = append(stored, one.file)
	}
	return slices.Compact(stored), nil
}

// secretFile ends the value with what the daemon cuts off again.
func secretFile(value string) []byte {
	if strings.HasSuffix(value, "\r") {
		return []byte(value + "\r\n")
	}
	return []byte(value + "\n")
}

// writeFile writes a new file. One that is there is replaced only by force, and then it is told.
func (a *app) writeFile(name string, data []byte, mode fs.FileMode, force bool) error {
	if _, err := os.Lstat(name); err == nil && force {
		fmt.Fprintf(a.stderr, "replaces %s\n", name)
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("write config repo: %w", err)
	}
	if _, err := file.Write(data); err != nil {
		return errors.Join(fmt.Errorf("write config repo: %w", err), file.Close())
	}
	return file.Close()
}
