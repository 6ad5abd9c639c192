package preview

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/forge"
)

// TestCodeHoldsWhatItIsGiven: whatever is written as code stays code. The fence is longer than any run of backticks inside, and nothing ends
// the line.
func TestCodeHoldsWhatItIsGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("`ab |\n\r@<>[]()*_\\\t\u2028"))).Draw(t, "text")
		for name, got := range map[string]string{"code": forge.Code(text), "cell": cell(text)} {
			if strings.ContainsAny(got, "\n\r\u2028") {
				t.Fatalf("%s: %q has several lines", name, got)
			}
			if got == "(empty)" {
				continue
			}
			fence := got[:len(got)-len(strings.TrimLeft(got, "`"))]
			inside := strings.TrimSuffix(strings.TrimPrefix(got, fence), fence)
			if len(got) < 2*len(fence) || longest(inside) >= len(fence) || fence == "" {
				t.Fatalf("%s: %q ends early", name, got)
			}
		}
		if strings.Count(cell(text), "|") != strings.Count(cell(text), `\|`) {
			t.Fatalf("%q ends a cell", cell(text))
		}
	})
}

// longest is how many backticks follow each other at most.
func longest(text string) int {
	most := 0
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r != '`' }) {
		most = max(most, len(run))
	}
	return most
}

func TestNewPullLinks(t *testing.T) {
	for kind, want := range map[string]string{
		forge.GitHub:          "https://f.example/a/b/compare/main...sluice/revert-1a?expand=1",
		forge.GitLab:          "https://f.example/a/b/-/merge_requests/new?merge_request%5Bsource_branch%5D=sluice%2Frevert-1a&merge_request%5Btarget_branch%5D=main",
		forge.Gitea:           "https://f.example/a/b/compare/main...sluice/revert-1a",
		forge.Bitbucket:       "https://f.example/a/b/pull-requests/new?source=sluice%2Frevert-1a&dest=main",
		forge.BitbucketServer: "https://f.example/projects/a/repos/b/pull-requests?create&sourceBranch=refs%2Fheads%2Fsluice%2Frevert-1a&targetBranch=refs%2Fheads%2Fmain",
	} {
		if got := NewPullLinks(kind, "https://f.example/", "a/b", "main")("sluice/revert-1a"); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

func TestFileLinks(t *testing.T) {
	for kind, want := range map[string]string{
		forge.GitHub:          "https://f.example/a/b/blob/c0/dir/my%20file%28.yaml#L3",
		forge.GitLab:          "https://f.example/a/b/-/blob/c0/dir/my%20file%28.yaml#L3",
		forge.Gitea:           "https://f.example/a/b/src/commit/c0/dir/my%20file%28.yaml#L3",
		forge.Bitbucket:       "https://f.example/a/b/src/c0/dir/my%20file%28.yaml#lines-3",
		forge.BitbucketServer: "https://f.example/projects/a/repos/b/browse/dir/my%20file%28.yaml?at=c0#3",
	} {
		if got := FileLinks(kind, "https://f.example/", "a/b")("c0", "dir/my file(.yaml", 3); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

func TestCommitLink(t *testing.T) {
	for kind, want := range map[string]string{
		forge.GitHub: "https://f.example/a/b/commit/c0", forge.GitLab: "https://f.example/a/b/-/commit/c0", forge.Gitea: "https://f.example/a/b/commit/c0",
		forge.Bitbucket: "https://f.example/a/b/commits/c0", forge.BitbucketServer: "https://f.example/projects/a/repos/b/commits/c0",
	} {
		if got := CommitLink(kind, "https://f.example/", "a/b", "c0"); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}
