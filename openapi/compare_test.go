package openapi_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/openapi"
)

// TestCompare tells what a layer gains, changes and loses, and never takes what it can't read for empty.
func TestCompare(t *testing.T) {
	before := map[string][]byte{"s.yaml": []byte("routes:\n  a: {uri: /a, methods: [GET], plugins: {p: {x: 1}}}\n  b: {uri: /b}\n  c: !override {uri: /c}\n")}
	after := map[string][]byte{"s.yaml": []byte("services:\n  s: {}\nroutes:\n  a: {plugins: {p: {x: 2, y: [1]}}, methods: [GET], uri: /a}\n  b: {uri: /b}\n  c: {uri: /c}\n")}
	differences, faults := openapi.Compare(before, after)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var got []string
	for _, d := range differences {
		text := d.Op + " " + d.Key.String() + " " + d.Title
		for _, field := range d.Fields {
			text += " " + field.Path.String()
		}
		got = append(got, text)
	}
	want := []string{"+ services/s ", "~ routes/a GET /a plugins.p.x plugins.p.y", "~ routes/c /c [\"!override\"] uri"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	before["s.yaml"] = []byte("routes: {a: {")
	if _, faults := openapi.Compare(before, after); !faults.HasErrors() {
		t.Error("a file that can't be read is taken for empty")
	}
}

// TestUntouched notices every change of a file, but not of its comments at the top.
func TestUntouched(t *testing.T) {
	layer, faults := imported("x.json", document([]string{"/a/{x}"}, []string{"GET"}), openapi.Options{Service: "x"})
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	data := layer.Files()["service.yaml"]
	if !openapi.Untouched(data) {
		t.Fatal("a new file counts as touched")
	}
	for name, changed := range map[string][]byte{
		"a byte":     bytes.Replace(data, []byte("/a/*"), []byte("/b/*"), 1),
		"the end":    append(bytes.Clone(data), '\n'),
		"a digest":   bytes.Replace(data, []byte("imported: "), []byte("imported: 0"), 1),
		"no head":    data[bytes.Index(data, []byte("upstreams:")):],
		"in front":   append([]byte("vars: {}\n"), data...),
		"nothing":    nil,
		"cut in two": data[:len(data)/2],
	} {
		if openapi.Untouched(changed) {
			t.Errorf("%s: counts as untouched", name)
		}
	}
	for name, made := range map[string]bool{
		"service.yaml": true, "service-2.yaml": true, "service-17.yaml": true, "service-1.yaml": false, "service-0.yaml": false,
		"service.yml": false, "my-service.yaml": false, "service-x.yaml": false,
	} {
		if openapi.Made(name) != made {
			t.Errorf("Made(%q) = %t", name, !made)
		}
	}
}
