package preview

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/forge"
)

// TestComments holds comments and statuses against goldens. Files below main/ are the branch, those below head/ what the pull request
// changes; "after" in the comment of the archive lets main move on meanwhile with the files below after/. "live" rolls main out first.
func TestComments(t *testing.T) {
	goldens, err := filepath.Glob("testdata/*.txtar")
	must(t, err)
	if len(goldens) < 4 {
		t.Fatalf("only %d goldens", len(goldens))
	}
	for _, golden := range goldens {
		t.Run(strings.TrimSuffix(filepath.Base(golden), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(golden)
			must(t, err)
			r := newRig(t, below(archive, "main/"))
			options := string(archive.Comment)
			if strings.Contains(options, "live") {
				r.apply(map[string]string{"test": "test", "prod-eu": "prod"})
			}
			pull := r.pull(7, strings.Contains(options, "fork"), below(archive, "head/"), message(archive))
			if after := below(archive, "after/"); after != "" {
				r.push(after, "meanwhile")
			}
			must(t, r.Once(t.Context()))
			got := map[string]string{"want.md": r.forge.comment(7), "want.statuses": ""}
			for _, env := range []string{"test", "prod"} {
				got["want.statuses"] += env + ": " + r.forge.status(pull.Head, env) + "\n"
			}
			settle(t, golden, archive, got)
		})
	}
}

// TestACommentFitsWhateverItIsWrittenIn: what counts twice where the strictest forge counts is counted so.
func TestACommentFitsWhateverItIsWrittenIn(t *testing.T) {
	preview := Preview{Pull: forge.Pull{Number: 7, Head: "1a2b3c4", Base: "main"}}
	for range 100 {
		preview.Environments = append(preview.Environments, Environment{Name: "prod", Blind: strings.Repeat("🧨", 100)})
	}
	const most = 2000
	text, cut := New(Config{}).Comment(preview, most)
	if length := len(utf16.Encode([]rune(text))); length > most || length < most/2 || !cut {
		t.Errorf("%d, cut: %v", length, cut)
	}
}

// message is what the pull request's commit says.
func message(archive *txtar.Archive) string {
	for _, file := range archive.Files {
		if file.Name == "message" {
			return string(file.Data)
		}
	}
	return "change"
}

func below(archive *txtar.Archive, dir string) string {
	var b strings.Builder
	for _, file := range archive.Files {
		if name, ok := strings.CutPrefix(file.Name, dir); ok {
			fmt.Fprintf(&b, "-- %s --\n%s", name, file.Data)
		}
	}
	return b.String()
}

// settle compares with the golden, or rewrites it.
func settle(t *testing.T, golden string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	if *update {
		kept := &txtar.Archive{Comment: archive.Comment}
		for _, file := range archive.Files {
			if _, made := got[file.Name]; !made {
				kept.Files = append(kept.Files, file)
			}
		}
		for _, name := range []string{"want.statuses", "want.md"} {
			kept.Files = append(kept.Files, txtar.File{Name: name, Data: []byte(got[name])})
		}
		must(t, os.WriteFile(golden, txtar.Format(kept), 0o644))
		return
	}
	for name, text := range got {
		want := ""
		for _, file := range archive.Files {
			if file.Name == name {
				want = string(file.Data)
			}
		}
		if diff := cmp.Diff(want, text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
