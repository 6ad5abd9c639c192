package sops_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/sops"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// The files in testdata were written by the sops command, version 3.13.3.
func encrypted(t *testing.T, name string) (*strictyaml.Node, []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(data)), data
}

func parse(t *testing.T, text string) *strictyaml.Node {
	t.Helper()
	root, faults := strictyaml.Parse("f.yaml", []byte(text))
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	return root
}

func identities(t *testing.T, name string) sops.Identities {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	found, err := sops.ParseIdentities(string(data))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// open decrypts a document, and returns its faults or why there is no key.
func open(t *testing.T, root *strictyaml.Node) (*strictyaml.Node, error) {
	t.Helper()
	metadata, err := sops.ReadMetadata(root)
	if err != nil {
		return nil, err
	}
	key, err := identities(t, "identity.txt").DataKey(metadata)
	if err != nil {
		return nil, err
	}
	document, faults := sops.Decrypt(root, metadata, key)
	return document, faults.Err()
}

// values flattens a document: "path = value", with a star before what was encrypted.
func values(root *strictyaml.Node) []string {
	var lines []string
	var walk func(n *strictyaml.Node, path string)
	walk = func(n *strictyaml.Node, path string) {
		for _, field := range n.Fields {
			walk(field.Value, strings.TrimPrefix(path+"."+field.Key, "."))
		}
		for _, item := range n.Items {
			walk(item, path+"[]")
		}
		if n.Kind == strictyaml.Scalar {
			star := ""
			if n.Sealed != "" {
				star = "*"
			}
			lines = append(lines, star+path+" = "+strings.ReplaceAll(n.Text, "\n", "|"))
		}
	}
	walk(root, "")
	return lines
}

func TestWhatSOPSEncryptedIsRead(t *testing.T) {
	tests := map[string][]string{
		"whole.yaml": {
			"*vars.password = s3cret-canary", "vars.empty = ", "*vars.port = 8080", "*vars.ratio = 0.25", "*vars.whole = 2",
			"*vars.debug = True", "vars.note_unencrypted = in clear", "*consumers.alice.plugins.key-auth.key = alice-canary",
			"*consumers.alice.labels.team = web", "*consumers.list[] = one", "*consumers.list[].two = 3", "*consumers.list[] = False",
			"*ssls.acme.key = -----BEGIN X-----|canary|-----END X-----|",
		},
		"regex.yaml": {
			"*vars.password = s3cret-canary", "vars.empty = ", "vars.port = 8080", "vars.ratio = 0.25", "vars.whole = 2",
			"vars.debug = true", "vars.note_unencrypted = in clear", "*consumers.alice.plugins.key-auth.key = alice-canary",
			"consumers.alice.labels.team = web", "consumers.list[] = one", "consumers.list[].two = 3", "consumers.list[] = false",
			"*ssls.acme.key = -----BEGIN X-----|canary|-----END X-----|",
		},
	}
	tests["mac-only.yaml"] = tests["regex.yaml"]
	for name, want := range tests {
		root, _ := encrypted(t, name)
		document, err := open(t, root)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, values(document)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestWhatWasChangedIsRefused changes the files as somebody would who has no key.
func TestWhatWasChangedIsRefused(t *testing.T) {
	tests := []struct{ name, file, old, new, want string }{
		{"a value in clear", "regex.yaml", "port: 8080", "port: 8081", "the MAC does not fit"},
		{"a value more", "regex.yaml", "    port: 8080", "    port: 8080\n    more: 1", "the MAC does not fit"},
		{"a value less", "regex.yaml", "    port: 8080\n", "", "the MAC does not fit"},
		{"a secret in clear", "whole.yaml", "port: ENC[", "port: 8080 #", "not encrypted, and the document says that it is"},
		{"another place", "whole.yaml", "port: ENC[", "pork: ENC[", "for another place"},
		{"another rule", "regex.yaml", "encrypted_regex: ^(key|password)$", "encrypted_regex: ^(key|password|port)$", "not encrypted"},
		{"another time", "regex.yaml", `lastmodified: "2026`, `lastmodified: "2025`, "MAC can't be read"},
		{"a MAC over less", "regex.yaml", "    encrypted_regex", "    mac_only_encrypted: true\n    encrypted_regex", "the MAC does not fit"},
		{"no MAC", "regex.yaml", "    mac: ", "    mic: ", "no mac"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, data := encrypted(t, test.file)
			if !strings.Contains(string(data), test.old) {
				t.Fatalf("%q is not in the file", test.old)
			}
			document, err := open(t, parse(t, strings.Replace(string(data), test.old, test.new, 1)))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %q", err, test.want)
			}
			if document != nil {
				t.Error("there is a document all the same")
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the fault shows a value: %v", err)
			}
		})
	}
}

func TestWhoHasNoKey(t *testing.T) {
	root, _ := encrypted(t, "whole.yaml")
	metadata, err := sops.ReadMetadata(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identities(t, "other.txt").DataKey(metadata); !errors.Is(err, sops.ErrNoKey) {
		t.Errorf("another key: %v", err)
	}
	if _, err := (sops.Identities{}).DataKey(metadata); !errors.Is(err, sops.ErrNoKey) {
		t.Errorf("no key: %v", err)
	}
	if _, err := sops.ParseIdentities("AGE-SECRET-KEY-1CANARY"); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("a key with a typing error: %v", err)
	}
}

// TestPlacesStay says that a fault in a decrypted value can name its place.
func TestPlacesStay(t *testing.T) {
	root, _ := encrypted(t, "whole.yaml")
	document, err := open(t, root)
	if err != nil {
		t.Fatal(err)
	}
	at := func(n *strictyaml.Node) string {
		return n.Get("consumers").Get("alice").Get("plugins").Get("key-auth").Get("key").Pos.String()
	}
	if got, want := at(document), at(root); got != want || got == "" {
		t.Errorf("place %q, want %q", got, want)
	}
}

func TestTheCommandReadsTheSame(t *testing.T) {
	path, err := exec.LookPath("sops")
	if err != nil {
		t.Skip("SKIPPED: the sops command is not installed")
	}
	t.Setenv("SOPS_AGE_KEY_FILE", filepath.Join("testdata", "identity.txt"))
	root, data := encrypted(t, "whole.yaml")
	own, err := open(t, root)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := sops.Binary{Path: path}.Decrypt(t.Context(), root, data)
	if err != nil {
		t.Fatal(err)
	}
	lower := func(lines []string) []string {
		for i, line := range lines {
			lines[i] = strings.NewReplacer("True", "true", "False", "false", "whole = 2.0", "whole = 2").Replace(line)
		}
		return lines
	}
	if diff := cmp.Diff(lower(values(own)), lower(values(theirs))); diff != "" {
		t.Errorf("(-own +command):\n%s", diff)
	}
}

// TestTheCommandMayFail says that neither a missing command nor a failing one gives a document.
func TestTheCommandMayFail(t *testing.T) {
	root, data := encrypted(t, "whole.yaml")
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), "/bin/false", "/bin/echo"} {
		document, err := sops.Binary{Path: path}.Decrypt(t.Context(), root, data)
		if err == nil || document != nil {
			t.Errorf("%s: document %v, error %v", path, document, err)
		}
	}
}

func FuzzDecrypt(f *testing.F) {
	for _, name := range []string{"whole.yaml", "regex.yaml"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	key := make([]byte, 32)
	f.Fuzz(func(t *testing.T, text string) {
		root, faults := strictyaml.Parse("f.yaml", []byte(text))
		if root == nil || faults.HasErrors() || !sops.IsEncrypted(root) {
			return
		}
		metadata, err := sops.ReadMetadata(root)
		if err != nil {
			return
		}
		if document, faults := sops.Decrypt(root, metadata, key); len(faults) == 0 && document == nil {
			t.Error("neither a document nor a fault")
		}
	})
}
