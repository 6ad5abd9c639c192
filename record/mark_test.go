package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	key := gateway.Key{Kind: gateway.SSLs, ID: "shop"}
	one := j.Mark(key, "key", gateway.NewSecret("", "one"))
	if one != j.Mark(key, "key", gateway.NewSecret("${secret(k)}", "one")) {
		t.Error("one value has two marks")
	}
	for name, other := range map[string]Mark{
		"value":    j.Mark(key, "key", gateway.NewSecret("", "two")),
		"field":    j.Mark(key, "keys[0]", gateway.NewSecret("", "one")),
		"resource": j.Mark(gateway.Key{Kind: gateway.SSLs, ID: "other"}, "key", gateway.NewSecret("", "one")),
	} {
		if other.Mark == one.Mark {
			t.Errorf("another %s has the same mark", name)
		}
	}
	if j.Sent("prod", "eu", one) {
		t.Error("a value counts as sent before any entry says so")
	}
	if err := j.Note(Entry{Environment: "prod", Group: "eu", State: Applied, Sent: []Mark{one}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Note(Entry{Environment: "prod", Group: "eu", State: Unchanged}); err != nil {
		t.Fatal(err)
	}
	if !j.Sent("prod", "eu", one) || j.Sent("prod", "us", one) {
		t.Error("the mark does not belong to its group, or an entry that says nothing took it away")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if !reader.Sent("prod", "eu", reader.Mark(key, "key", gateway.NewSecret("", "one"))) {
		t.Error("a reader beside the daemon does not know the mark")
	}
}

func TestALostMarkKeyMakesEveryValueUnknown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	key, secret := gateway.Key{Kind: gateway.SSLs, ID: "shop"}, gateway.NewSecret("", "one")
	var before Mark
	for i, wantSent := range []bool{true, true, false} {
		j, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			before = j.Mark(key, "key", secret)
			if err := j.Note(Entry{Environment: "prod", Group: "eu", State: Applied, Sent: []Mark{before}}); err != nil {
				t.Fatal(err)
			}
		}
		if got := j.Sent("prod", "eu", j.Mark(key, "key", secret)); got != wantSent {
			t.Errorf("start %d: sent is %v, want %v", i, got, wantSent)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(markKeyFile(path)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key of the marks: %v, %v", info, err)
		}
		if i == 1 {
			if err := os.WriteFile(markKeyFile(path), []byte("short"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Who may not read the key can say nothing, and plans nothing for it.
	if err := os.Remove(markKeyFile(path)); err != nil {
		t.Fatal(err)
	}
	reader, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if mark := reader.Mark(key, "key", secret); mark.Mark != "" || !reader.Sent("prod", "eu", mark) {
		t.Errorf("without a key: %+v", mark)
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(raw), `"one"`) {
		t.Errorf("the value is in the journal: %v", err)
	}
}

// TestMarksOfReferences says that the newest list stands until another one comes, and that it is known after a restart.
func TestMarksOfReferences(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	one, two := j.MarkSecret("secret(db)", gateway.NewSecret("${secret(db)}", "canary-one")), j.MarkSecret("secret(db)", gateway.NewSecret("", "canary-two"))
	if one.Mark == "" || one == two || one.Mark == j.MarkSecret("secret(other)", gateway.NewSecret("", "canary-one")).Mark {
		t.Errorf("marks %v, %v", one, two)
	}
	if unknown := j.MarkSecret("secret(db)", gateway.UnresolvedSecret("${secret(db)}")); unknown.Mark != "" {
		t.Errorf("a value that is not known has the mark %q", unknown.Mark)
	}
	if known := j.Secrets("prod", "eu"); known != nil {
		t.Errorf("known before any entry: %v", known)
	}
	for _, entry := range []Entry{
		{Environment: "prod", Group: "eu", State: Applied, Secrets: []SecretMark{one}},
		{Environment: "prod", Group: "eu", State: Unchanged},
		{Environment: "prod", Group: "us", State: Applied, Secrets: []SecretMark{}},
	} {
		if err := j.Note(entry); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if known := reader.Secrets("prod", "eu"); len(known) != 1 || known["secret(db)"] != one.Mark {
		t.Errorf("known after a restart: %v", known)
	}
	if known := reader.Secrets("prod", "us"); known == nil || len(known) != 0 {
		t.Errorf("a list of nothing is %v", known)
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(raw), "canary") {
		t.Errorf("a value is in the journal: %v", err)
	}
}
