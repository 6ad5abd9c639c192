package sops_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/sops"
	"github.com/sluice-gitops/sluice/strictyaml"
)

func keyText(t *testing.T, names ...string) string {
	t.Helper()
	text := ""
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		text += string(data)
	}
	return text
}

func keysOf(text string) func() (string, error) { return func() (string, error) { return text, nil } }

func TestKeyring(t *testing.T) {
	root, data := encrypted(t, "whole.yaml")
	service := parse(t, strings.Replace(string(data), "    age:\n", "    kms:\n        - arn: arn:aws:kms:eu:1:key/x\n    age_unused:\n", 1))
	right, wrong := keyText(t, "identity.txt"), keyText(t, "other.txt")
	tests := []struct {
		name     string
		config   sops.Config
		root     *strictyaml.Node
		want     string // of the one fault
		severity diag.Severity
		document bool
	}{
		{"the key", sops.Config{AgeKeys: keysOf(right)}, root, "", 0, true},
		{"several keys", sops.Config{AgeKeys: keysOf(wrong + "\n" + right)}, root, "", 0, true},
		{"another key", sops.Config{AgeKeys: keysOf(wrong)}, root, "encrypted for age10fguk", diag.Error, false},
		{"no key", sops.Config{}, root, "no age key here is a recipient", diag.Error, false},
		{"an empty key file", sops.Config{AgeKeys: keysOf("\n")}, root, "no age key here is a recipient", diag.Error, false},
		{"no key, to look only", sops.Config{Lenient: true}, root, "encrypted for age10fguk", diag.Warning, true},
		{"a broken key file", sops.Config{AgeKeys: keysOf("AGE-SECRET-KEY-1CANARY"), Lenient: true}, root, "not a file of age identities", diag.Error, false},
		{"a key file that can't be read", sops.Config{AgeKeys: func() (string, error) { return "", errors.New("open k: permission denied") }}, root, "permission denied", diag.Error, false},
		{"a key service, and no command", sops.Config{AgeKeys: keysOf(right)}, service, "encrypted for kms", diag.Error, false},
		{"a key service, and a command that fails", sops.Config{AgeKeys: keysOf(right), Command: "/bin/false"}, service, "can't be decrypted: sops", diag.Error, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			document, faults := sops.NewKeyring(test.config).Decrypt(test.root, data)
			if (document != nil) != test.document {
				t.Errorf("document %v", document)
			}
			if test.want == "" && len(faults) > 0 || test.want != "" && (len(faults) != 1 || !strings.Contains(faults[0].What, test.want)) {
				t.Fatalf("faults %v, want %q", faults, test.want)
			}
			if test.want != "" && (faults[0].Severity != test.severity || faults[0].Code != "sops-key" || faults[0].Pos.Line == 0 || faults[0].Hint == "") {
				t.Errorf("fault %+v", faults[0])
			}
			if strings.Contains(faults.Error(), "CANARY") {
				t.Errorf("the fault shows a key: %v", faults)
			}
		})
	}
}

// TestTheCommandIsRunOnlyWhenItIsSet proves it with a command that leaves a trace, and with documents that ask for other services.
func TestTheCommandIsRunOnlyWhenItIsSet(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "ran")
	command := filepath.Join(dir, "sops")
	if err := os.WriteFile(command, []byte("#!/bin/sh\ntouch "+trace+"\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	root, data := encrypted(t, "whole.yaml")
	for _, lenient := range []bool{false, true} {
		sops.NewKeyring(sops.Config{AgeKeys: keysOf(keyText(t, "other.txt")), Lenient: lenient}).Decrypt(root, data)
	}
	if _, err := os.Stat(trace); err == nil {
		t.Fatal("the command was run though nobody has set it")
	}
	sops.NewKeyring(sops.Config{Command: command}).Decrypt(root, data)
	if _, err := os.Stat(trace); err != nil {
		t.Fatal("the command was not run though it is set")
	}
}

// TestWhatTheCommandOpenedIsKept says that a document costs one run, until the keys change.
func TestWhatTheCommandOpenedIsKept(t *testing.T) {
	dir := t.TempDir()
	command := filepath.Join(dir, "sops")
	if err := os.WriteFile(command, []byte("#!/bin/sh\nset -e\ncat > /dev/null\necho run >> "+dir+"/runs\nprintf 'a: secret-canary\\n'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "a: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\nsops: {mac: x, lastmodified: x, pgp: [{fp: x}]}\n"
	keys := ""
	ring := sops.NewKeyring(sops.Config{Command: command, AgeKeys: func() (string, error) { return keys, nil }})
	keys = keyText(t, "other.txt")
	for i, want := range []int{1, 1, 2} {
		if i == 2 {
			keys = keyText(t, "identity.txt")
		}
		document, faults := ring.Decrypt(parse(t, text), []byte(text))
		if len(faults) > 0 || document.Get("a").Value != "secret-canary" || document.Get("a").Sealed == "" {
			t.Fatalf("document %v, faults %v", document, faults)
		}
		runs, err := os.ReadFile(filepath.Join(dir, "runs"))
		if err != nil || strings.Count(string(runs), "run") != want {
			t.Errorf("step %d: %q, %v", i, runs, err)
		}
	}
}

func TestGenerationChangesWithTheKeys(t *testing.T) {
	text, err := "", error(nil)
	ring := sops.NewKeyring(sops.Config{AgeKeys: func() (string, error) { return text, err }})
	seen := map[int]string{}
	for _, step := range []struct {
		name string
		text string
		err  error
	}{
		{"none", "", nil}, {"one", keyText(t, "identity.txt"), nil}, {"another", keyText(t, "other.txt"), nil},
		{"unreadable", "", errors.New("gone")}, {"one again", keyText(t, "identity.txt"), nil},
	} {
		text, err = step.text, step.err
		now := ring.Generation()
		if before, twice := seen[now]; twice || now != ring.Generation() {
			t.Errorf("%s has the generation %d, as %q", step.name, now, before)
		}
		seen[now] = step.name
	}
}

func TestABudgetOfRecipients(t *testing.T) {
	_, data := encrypted(t, "whole.yaml")
	begin := strings.Index(string(data), "        - enc: |")
	end := strings.Index(string(data), "    lastmodified:")
	one := string(data)[begin:end]
	many := string(data)[:begin] + strings.Repeat(one, 101) + string(data)[end:]
	long := strings.Replace(string(data), "-----BEGIN AGE", strings.Repeat("x", 17<<10)+"-----BEGIN AGE", 1)
	for want, text := range map[string]string{"101 age recipients, more than 100": many, "longer than 16384 bytes": long} {
		_, faults := sops.NewKeyring(sops.Config{AgeKeys: keysOf(keyText(t, "identity.txt"))}).Decrypt(parse(t, text), []byte(text))
		if len(faults) != 1 || faults[0].Code != "sops-format" || !strings.Contains(faults[0].What, want) {
			t.Errorf("%v, want %q", faults, want)
		}
	}
}

// TestLockKeepsWhatIsInClear says what whoever has no key sees of a file.
func TestLockKeepsWhatIsInClear(t *testing.T) {
	root, data := encrypted(t, "regex.yaml")
	document, faults := sops.NewKeyring(sops.Config{Lenient: true}).Decrypt(root, data)
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	vars := document.Get("vars")
	if vars.Get("port").Value != int64(8080) || vars.Get("port").Locked() || !vars.Get("password").Locked() {
		t.Errorf("port %+v, password %+v", vars.Get("port"), vars.Get("password"))
	}
	if id := vars.Get("password").Text; !strings.HasPrefix(id, "encrypted-") || len(id) > 64 {
		t.Errorf("a locked value is stood for by %q", id)
	}
	if document.Get("sops") != nil {
		t.Error("the key sops is still there")
	}
}

// FuzzKeyring says that no file makes a keyring panic, and that it never gives a document without a warning or a MAC that fits.
func FuzzKeyring(f *testing.F) {
	for _, name := range []string{"whole.yaml", "regex.yaml", "mac-only.yaml"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("sops: {mac: x, lastmodified: x, age: [{enc: x, recipient: x}], encrypted_regex: '('}\n")
	f.Add("a: [ENC[AES256_GCM]]\nsops: []\n")
	keys, err := os.ReadFile(filepath.Join("testdata", "identity.txt"))
	if err != nil {
		f.Fatal(err)
	}
	strict := sops.NewKeyring(sops.Config{AgeKeys: keysOf(string(keys))})
	lenient := sops.NewKeyring(sops.Config{Lenient: true})
	f.Fuzz(func(t *testing.T, text string) {
		root, faults := strictyaml.Parse("f.yaml", []byte(text))
		if root == nil || faults.HasErrors() || !sops.IsEncrypted(root) {
			return
		}
		for name, ring := range map[string]*sops.Keyring{"strict": strict, "lenient": lenient} {
			document, faults := ring.Decrypt(root, []byte(text))
			if (document == nil) != faults.HasErrors() {
				t.Errorf("%s: document %v, faults %v", name, document, faults)
			}
			for _, fault := range faults {
				if fault.Code == "" || fault.Hint == "" || fault.Pos.File != "f.yaml" || len(faults) > 1001 {
					t.Errorf("%s: incomplete fault: %#v", name, fault)
				}
			}
			if strings.Contains(fmt.Sprint(faults), "s3cret-canary") {
				t.Errorf("%s: a fault shows a value: %v", name, faults)
			}
		}
	})
}

// TestBudgetsOfADocument holds the limits of what costs time for each value: exactly that much is read.
func TestBudgetsOfADocument(t *testing.T) {
	document := func(pattern int, last string) string {
		key := strings.Repeat("k", 512)
		return strings.Repeat(key+": {", 31) + key + last + ": \"ENC[AES256_GCM,data:AA==,iv:AAAA,tag:AAAA,type:str]\"" + strings.Repeat("}", 31) +
			"\nsops: {mac: x, lastmodified: x, encrypted_regex: " + strings.Repeat("k", pattern) + "}\n"
	}
	ring := sops.NewKeyring(sops.Config{Lenient: true})
	for _, tt := range []struct{ name, text, code string }{
		{"all at their limits", document(512, ""), "sops-key"},
		{"the keys on the way", document(512, "k"), "over-limit"},
		{"the longest regular expression", document(1024, ""), "sops-key"},
		{"a longer one", document(1025, ""), "sops-format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, faults := strictyaml.Parse("f.yaml", []byte(tt.text))
			if faults.HasErrors() {
				t.Fatal(faults)
			}
			_, faults = ring.Decrypt(root, []byte(tt.text))
			if len(faults) == 0 || faults[0].Code != tt.code || faults[0].Hint == "" {
				t.Errorf("want %s, got %.300s", tt.code, faults.Error())
			}
		})
	}
}
