package environments_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/source"
)

// anyCommit is a past in which every hash is one commit, filled up with zeros.
func anyCommit(fsys fs.FS) environments.Past {
	return func(text string) (source.Snapshot, error) {
		hash := strings.ToLower(text) + strings.Repeat("0", 40-len(text))
		return source.Snapshot{Commit: source.Commit{Hash: hash}, FS: fsys}, nil
	}
}

// TestPinsAreText reads hashes that YAML takes for numbers.
func TestPinsAreText(t *testing.T) {
	then := repoOf(map[string]string{"base/a.yaml": ""})
	for _, hash := range []string{"1234567", "0123456", "01234567", "12e34567", "1e99999", "0o12345", "1_234567", "abcdef0", "ABCDEF0", `"1234567"`, "'0123456'"} {
		repo := repoOf(map[string]string{
			"sluice.yaml":                     "version: 1\n",
			"environments/e/environment.yaml": "extends:\n  - path: base\n    revision: " + hash + " # x\ngroups: [eu]\n",
		})
		env, _ := environments.LoadPinned(repo, nil, anyCommit(then)).Find("e")
		plain := strings.Trim(hash, `"'`)
		if strings.ContainsAny(plain, "o_") {
			if len(env.Faults) == 0 || env.Faults[0].Code != "bad-revision" {
				t.Errorf("%s: %v", hash, env.Faults)
			}
			continue
		}
		if len(env.Faults) > 0 || !strings.HasPrefix(env.Layers[0].Revision, strings.ToLower(plain)) {
			t.Errorf("%s: %v, %+v", hash, env.Faults, env.Layers)
		}
	}
}

// TestRepin moves pins of every spelling, and looks at every other byte.
func TestRepin(t *testing.T) {
	old, next := strings.Repeat("a1", 20), strings.Repeat("b2", 20)
	const text = "# Ünïcode first\r\nextends:   # the layers\n  - {path: one, revision: OLD}  # flow; é\n  - path: two\n    revision: \"OLD\"\n" +
		"  - revision: 'OLD'   \n    path: three\n  - base\n\n\ngroups:   [eu]"
	data := strings.ReplaceAll(text, "OLD", old)
	repo := repoOf(map[string]string{"sluice.yaml": "version: 1\n", "environments/e/environment.yaml": data, "base/a.yaml": ""})
	then := repoOf(map[string]string{"one/a.yaml": "", "two/a.yaml": "", "three/a.yaml": ""})
	env, _ := environments.LoadPinned(repo, nil, anyCommit(then)).Find("e")
	if err := env.Faults.Err(); err != nil {
		t.Fatal(err)
	}
	moves := map[diag.Pos]string{}
	for _, layer := range env.Layers {
		if layer.Revision != "" {
			moves[layer.RevisionPos] = next
		}
	}
	got, err := environments.Repin([]byte(data), moves)
	if want := strings.ReplaceAll(text, "OLD", next); err != nil || string(got) != want {
		t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
	}
	if _, err := environments.Repin([]byte(data), map[diag.Pos]string{{Line: 1, Col: 3}: next}); err == nil {
		t.Error("a place without a hash was written over")
	}
	if _, err := environments.Repin([]byte(data), map[diag.Pos]string{{Line: 99, Col: 1}: next}); err == nil {
		t.Error("a place beyond the end was written over")
	}
}

// TestEachCommitIsOpenedOnce asks for one commit from many pins.
func TestEachCommitIsOpenedOnce(t *testing.T) {
	asked := 0
	then := repoOf(map[string]string{"a/x.yaml": "", "b/x.yaml": ""})
	repo := repoOf(map[string]string{
		"sluice.yaml":                     "version: 1\n",
		"environments/e/environment.yaml": "extends: [{path: a, revision: abcdef0}, {path: b, revision: abcdef0}]\ngroups: [eu]\n",
		"environments/f/environment.yaml": "extends: [environments/e, {path: a, revision: abcdef0}]\ngroups: [fu]\n",
	})
	tree := environments.LoadPinned(repo, nil, func(text string) (source.Snapshot, error) {
		asked++
		return anyCommit(then)(text)
	})
	for _, env := range tree.Environments {
		if err := env.Faults.Err(); err != nil {
			t.Error(err)
		}
	}
	if asked != 1 {
		t.Errorf("the commit was opened %d times", asked)
	}
}
