package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// licences knows where the modules stand that a build may link, by path and version. Each brings the texts of its licences along.
type licences struct {
	dirs    map[string]string
	scanner *licensecheck.Scanner
}

// accepted are the licences of which anything may be linked into a release, as SPDX names them. Who adds one knows what it asks for.
func accepted() []string {
	return []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unlicense", "Zlib"}
}

func newLicences(dirs map[string]string) (licences, error) {
	texts := slices.DeleteFunc(licensecheck.BuiltinLicenses(), func(l licensecheck.License) bool { return !slices.Contains(accepted(), l.ID) })
	scanner, err := licensecheck.NewScanner(texts)
	return licences{dirs, scanner}, err
}

// goLibrary is what a bill of materials calls Go's own library.
const goLibrary = "stdlib"

// findModules asks Go where the modules of a source tree are. They are there already once it was built.
func findModules(ctx context.Context, source string) (licences, error) {
	listed, err := goSays(ctx, source, "list", "-m", "-json", "all")
	if err != nil {
		return licences{}, err
	}
	root, err := goSays(ctx, source, "env", "GOROOT")
	if err != nil {
		return licences{}, err
	}
	found := map[string]string{goLibrary: strings.TrimSpace(root)}
	type place struct{ Path, Version, Dir string }
	for decoder := json.NewDecoder(strings.NewReader(listed)); ; {
		var m struct {
			place
			Replace *place
		}
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return newLicences(found)
		} else if err != nil {
			return licences{}, fmt.Errorf("read the list of modules: %w", err)
		}
		if m.Replace != nil {
			m.place = *m.Replace
		}
		found[m.Path+"@"+m.Version] = m.Dir
	}
}

func goSays(ctx context.Context, source string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir, command.Env = source, append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	return capture(command)
}

// of returns the licences of a module as an SPDX expression. All of them hold, where there are several. A module without any that is accepted is an
// error: what nobody may hand on is in no release.
func (l licences) of(path, version string) (string, error) {
	name := path
	if path != goLibrary {
		name += "@" + version
	}
	dir := l.dirs[name]
	if dir == "" {
		return "", fmt.Errorf("licence of %s: its files are not in the module cache", name)
	}
	ids, err := l.in(dir)
	if err != nil {
		return "", fmt.Errorf("licence of %s: %w", name, err)
	}
	if len(ids) == 0 {
		return "", fmt.Errorf("licence of %s: no text of one in %s", name, dir)
	}
	return strings.Join(ids, " AND "), nil
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)([-._].*)?$`)

// known is how much of a file must be the text of known licences, in percent.
const known = 75

// in returns the SPDX identifiers of the texts at the top of a module, sorted.
func (l licences) in(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		coverage := l.scanner.Scan(text)
		if coverage.Percent < known {
			return nil, fmt.Errorf("%s is no text of a licence that is accepted: %s", filepath.Join(dir, entry.Name()), strings.Join(accepted(), ", "))
		}
		for _, match := range coverage.Match {
			if !match.IsURL {
				ids = append(ids, match.ID)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
