package openapi_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/openapi"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// optionsOf reads words like service=user host=a.example.
func optionsOf(t *testing.T, words string) openapi.Options {
	t.Helper()
	o := openapi.Options{Service: "user"}
	for _, pair := range strings.Fields(words) {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "service":
			o.Service = value
		case "host":
			o.Hosts = append(o.Hosts, value)
		case "upstream":
			o.Upstream = value
		case "params":
			o.Params = openapi.Params(value)
		default:
			t.Fatalf("unknown option %q", pair)
		}
	}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	return o
}

// imported reads a document and makes its layer.
func imported(file, data string, o openapi.Options) (openapi.Layer, diag.List) {
	doc, faults := openapi.Read(file, []byte(data))
	if faults.HasErrors() {
		return openapi.Layer{}, faults.Sorted()
	}
	layer, more := openapi.Import(doc, o)
	faults.Add(more...)
	return layer, faults.Sorted()
}

// TestImport makes a layer of each document in testdata. Every layer renders without a fault, and a gateway takes its resources.
func TestImport(t *testing.T) {
	files, err := filepath.Glob("testdata/import/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document := archive.Files[0]
			o := optionsOf(t, optionsLine(archive))
			layer, faults := imported(document.Name, string(document.Data), o)
			archive.Files = archive.Files[:1]
			if len(faults) > 0 {
				archive.Files = append(archive.Files, txtar.File{Name: "want-faults", Data: []byte(faults.Error() + "\n")})
			}
			if !faults.HasErrors() {
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: withoutHead(layer.Files()["service.yaml"])})
				putAll(t, rendered(t, layer, o.Service))
			}
			compareArchive(t, file, archive)
		})
	}
}

// optionsLine is what the comment of a case says behind "options:".
func optionsLine(archive *txtar.Archive) string {
	_, after, _ := strings.Cut(string(archive.Comment), "options:")
	words, _, _ := strings.Cut(after, "\n")
	return words
}

func withoutHead(data []byte) []byte {
	lines := strings.SplitAfter(string(data), "\n")
	for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
		lines = slices.Delete(lines, 0, 1)
	}
	return []byte(strings.Join(lines, ""))
}

func compareArchive(t *testing.T, file string, got *txtar.Archive) {
	t.Helper()
	text := txtar.Format(got)
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
