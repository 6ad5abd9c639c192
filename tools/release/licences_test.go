package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryLinkedModuleHasALicence that is accepted, and so has Go's own library.
func TestEveryLinkedModuleHasALicence(t *testing.T) {
	source := filepath.Join("..", "..")
	known, err := findModules(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := known.of(goLibrary, "1.26"); err != nil || got != "BSD-3-Clause" {
		t.Errorf("Go's own library is under %q: %v", got, err)
	}
	const format = "{{with .Module}}{{if not .Main}}{{with .Replace}}{{.Path}} {{.Version}}{{else}}{{.Path}} {{.Version}}{{end}}{{end}}{{end}}"
	listed, err := goSays(t.Context(), source, "list", "-deps", "-f", format, "./cmd/sluice")
	if err != nil {
		t.Fatal(err)
	}
	modules := slices.Compact(slices.Sorted(strings.Lines(listed)))
	if len(modules) < 20 {
		t.Fatalf("%d modules are linked: the search is broken", len(modules))
	}
	for _, module := range modules {
		path, version, found := strings.Cut(strings.TrimSpace(module), " ")
		if got, err := known.of(path, version); found && (err != nil || got == "") {
			t.Errorf("%s is under %q: %v", path, got, err)
		}
	}
}

// TestLicencesIn reads what stands at the top of a module, and nothing else.
func TestLicencesIn(t *testing.T) {
	apache, err := os.ReadFile(filepath.Join("..", "..", "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	known, err := newLicences(nil)
	if err != nil {
		t.Fatal(err)
	}
	const isc = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, " +
		"provided that the above copyright notice and this permission notice appear in all copies.\n\n" +
		"THE SOFTWARE IS PROVIDED \"AS IS\" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF " +
		"MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY " +
		"DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, " +
		"ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  string // empty: none is known
	}{
		"one":              {map[string]string{"LICENSE": string(apache)}, "Apache-2.0"},
		"two files":        {map[string]string{"LICENSE.txt": string(apache), "LICENSE-ISC": "Copyright (c) 2020 Ada\n\n" + isc}, "Apache-2.0 AND ISC"},
		"spelt otherwise":  {map[string]string{"LICENCE.md": isc, "COPYING": string(apache)}, "Apache-2.0 AND ISC"},
		"twice the same":   {map[string]string{"LICENSE": isc, "COPYING": isc}, "ISC"},
		"further down":     {map[string]string{"third/LICENSE": isc}, ""},
		"a file about one": {map[string]string{"licenses.go": isc}, ""},
		"something else":   {map[string]string{"LICENSE": strings.Repeat("Do what our lawyers say. ", 99)}, ""},
		"one of two":       {map[string]string{"LICENSE": isc, "COPYING": strings.Repeat("Do what our lawyers say. ", 99)}, ""},
		"a name alone":     {map[string]string{"LICENSE": strings.Repeat("All rights reserved. ", 99) + "https://opensource.org/licenses/MIT"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			known.dirs = map[string]string{"m@v1": tree(t, test.files)}
			got, err := known.of("m", "v1")
			if (err == nil) != (test.want != "") || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
	if _, err := (licences{}).of("m", "v1"); err == nil || !strings.Contains(err.Error(), "m@v1") {
		t.Errorf("a module that is not there: %v", err)
	}
}
