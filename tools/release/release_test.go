package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBeginRefuses(t *testing.T) {
	for name, r := range map[string]request{
		"no version":            {Platforms: []string{"linux/amd64"}},
		"a version with v":      {Version: "v1.2.3", Platforms: []string{"linux/amd64"}},
		"a version with a path": {Version: "1.2.3-/../x", Platforms: []string{"linux/amd64"}},
		"no architecture":       {Version: "1.2.3", Platforms: []string{"linux"}},
		"another system":        {Version: "1.2.3", Platforms: []string{"plan9/amd64"}},
	} {
		if _, err := begin(t.Context(), io.Discard, r); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestPackIsTheSameFromTheSame holds that an archive depends on its files alone, not on their order or on the machine.
func TestPackIsTheSameFromTheSame(t *testing.T) {
	moment := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	one, err := pack([]member{{"a/run", []byte("1"), 0o755}, {"a/read", []byte("22"), 0o644}}, moment)
	if err != nil {
		t.Fatal(err)
	}
	other, err := pack([]member{{"a/read", []byte("22"), 0o644}, {"a/run", []byte("1"), 0o755}}, moment.In(time.FixedZone("east", 3600)))
	if err != nil || !bytes.Equal(one, other) {
		t.Errorf("the archives differ: %v", err)
	}
	var got []string
	squeezed, err := gzip.NewReader(bytes.NewReader(one))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(squeezed); ; {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil || !header.ModTime.Equal(moment) || header.Uname != "root" || header.Uid != 0 {
			t.Fatalf("%v: %+v", err, header)
		}
		got = append(got, header.FileInfo().Mode().String()+" "+header.Name)
	}
	if diff := cmp.Diff([]string{"-rw-r--r-- a/read", "-rwxr-xr-x a/run"}, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name          string
		first, second map[string]string
		want          string
	}{
		{"alike", map[string]string{"a": "1", "b/c": "2"}, map[string]string{"a": "1", "b/c": "2"}, ""},
		{"a byte", map[string]string{"a": "1", "b/c": "0123x5"}, map[string]string{"a": "1", "b/c": "0123y5"}, "b/c at byte 4"},
		{"longer", map[string]string{"a": "12"}, map[string]string{"a": "1"}, "a at byte 1"},
		{"missing", map[string]string{"a": "1", "b": ""}, map[string]string{"a": "1"}, "one holds a b, the other a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := compare(tree(t, tt.first), tree(t, tt.second))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := writeFile(filepath.Join(dir, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSums(t *testing.T) {
	dir := tree(t, map[string]string{"b": "", "a": "abc"})
	if err := writeSums(dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	want := "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n" +
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"
	if err != nil || string(got) != want {
		t.Errorf("%v: got\n%s", err, got)
	}
}

func TestBill(t *testing.T) {
	info := &buildinfo.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "example.com/sluice"},
		Deps: []*debug.Module{
			{Path: "example.com/a", Version: "v1.0.0+incompatible", Sum: "h1:a="},
			{Path: "example.com/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/c", Version: "v2.0.0", Sum: "h1:c="}},
		},
		Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "-trimpath", Value: "true"}},
	}
	got := bill(info, []byte("abc"), "1.2.3")
	text, err := os.ReadFile(filepath.Join("..", "..", "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	under := tree(t, map[string]string{"LICENSE": string(text)})
	known, err := newLicences(map[string]string{goLibrary: under, "example.com/a@v1.0.0+incompatible": under})
	if err != nil {
		t.Fatal(err)
	}
	if err := got.license(known); err == nil || !strings.Contains(err.Error(), "example.com/c@v2.0.0") {
		t.Errorf("a module without a licence is taken: %v", err)
	}
	known.dirs["example.com/c@v2.0.0"] = under
	if err := got.license(known); err != nil || got.Components[2].Licences[0].Expression != "Apache-2.0" {
		t.Errorf("%+v, %v", got.Components[2], err)
	}
	want := []string{"pkg:golang/stdlib@1.26.8", "pkg:golang/example.com/a@v1.0.0%2Bincompatible", "pkg:golang/example.com/c@v2.0.0"}
	var urls []string
	for _, c := range got.Components {
		urls = append(urls, c.URL)
	}
	if diff := cmp.Diff(want, urls); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, got.Depends[0].On); diff != "" {
		t.Errorf("what the program needs (-want +got):\n%s", diff)
	}
	if c := got.Metadata.Component; c.URL != "pkg:golang/example.com/sluice@v1.2.3" || !strings.HasPrefix(c.Hashes[0].Content, "ba7816bf") {
		t.Errorf("the program is %+v", c)
	}
}
