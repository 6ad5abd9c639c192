package forge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// clientOf returns a client that logs in at url with a token.
func clientOf(t *testing.T, kind, url, repository, token string) forge.Forge {
	t.Helper()
	f, err := forge.New(forge.Config{
		Type: kind, URL: url, Repository: repository, Branch: "main",
		Login: func(context.Context) (forge.Login, error) {
			return forge.Login{Token: gateway.NewSecret("", token)}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// onEach runs a test against each type of forge.
func onEach(t *testing.T, test func(t *testing.T, kind string, there *forgetest.Forge, f forge.Forge)) {
	t.Helper()
	for _, kind := range forge.Types() {
		t.Run(kind, func(t *testing.T) {
			there := forgetest.New(t, kind)
			test(t, kind, there, clientOf(t, kind, there.URL, there.Repository, "token-that-nobody-sees"))
		})
	}
}

// class returns of which class an error is; 0: there is none.
func class(t *testing.T, err error) forge.Class {
	t.Helper()
	if err == nil {
		return 0
	}
	fault, ok := errors.AsType[*forge.Error](err)
	if !ok {
		t.Fatalf("not an *Error: %v", err)
	}
	return fault.Class
}

func TestOpenPullsAreReadToTheLastPage(t *testing.T) {
	onEach(t, func(t *testing.T, kind string, there *forgetest.Forge, f forge.Forge) {
		var want []int
		for i := range 5 {
			want = append(want, there.Opened("ann", fmt.Sprint("change-", i), false).Number)
		}
		want = append(want, there.Opened("mallory", "main", true).Number)
		there.Closed(want[2])
		there.Retargeted(want[3], "release")
		anywhere, err := f.OpenPulls(t.Context(), "")
		if err != nil || len(anywhere) != len(want)-1 {
			t.Errorf("into any branch: %+v, %v", anywhere, err)
		}
		want = slices.Delete(want, 2, 4)
		pulls, err := f.OpenPulls(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, p := range pulls {
			got = append(got, p.Number)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("pull requests (-want +got):\n%s", diff)
		}
		checkFork(t, kind, there, pulls[len(pulls)-1])
		checkBranch(t, kind, there, pulls[0])
	})
}

func checkFork(t *testing.T, kind string, there *forgetest.Forge, got forge.Pull) {
	t.Helper()
	refs := map[string]string{
		forge.GitHub: "refs/pull/6/head", forge.Gitea: "refs/pull/6/head", forge.GitLab: "refs/merge-requests/6/head",
		forge.Bitbucket: "", forge.BitbucketServer: "refs/pull-requests/6/from",
	}
	want := forge.Pull{
		Number: 6, State: forge.PullOpen, Title: "Change main", Author: "mallory", Head: there.Pull(6).Head, HeadBranch: "main",
		HeadRef: refs[kind], Fork: true, Base: "main", URL: got.URL,
	}
	if diff := cmp.Diff(want, got); diff != "" || !strings.HasSuffix(got.URL, "/6") {
		t.Errorf("fork, at %s (-want +got):\n%s", got.URL, diff)
	}
}

func checkBranch(t *testing.T, kind string, there *forgetest.Forge, got forge.Pull) {
	t.Helper()
	refs := map[string]string{
		forge.GitHub: "refs/pull/1/head", forge.Gitea: "refs/pull/1/head", forge.GitLab: "refs/merge-requests/1/head",
		forge.Bitbucket: "refs/heads/change-0", forge.BitbucketServer: "refs/heads/change-0",
	}
	if got.Fork || got.HeadRef != refs[kind] || got.Head != there.Pull(1).Head || got.Author != "ann" {
		t.Errorf("branch: %+v", got)
	}
}

func TestAMovedHeadIsSeen(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		n := there.Opened("ann", "change", false).Number
		if _, err := f.OpenPulls(t.Context(), "main"); err != nil {
			t.Fatal(err)
		}
		head := there.Pushed(n)
		pulls, err := f.OpenPulls(t.Context(), "main")
		if err != nil || len(pulls) != 1 || pulls[0].Head != head {
			t.Errorf("got %+v, %v, want head %s", pulls, err, head)
		}
	})
}

// TestAnUnchangedListCostsOneRequest holds that a pull request which does not move is not asked for again: Bitbucket grants 1,000 requests
// in an hour.
func TestAnUnchangedListCostsOneRequest(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		there.Opened("ann", "change", false)
		for range 2 {
			there.Asked()
			if _, err := f.OpenPulls(t.Context(), "main"); err != nil {
				t.Fatal(err)
			}
		}
		if asked := there.Asked(); len(asked) != 1 {
			t.Errorf("asked %v", asked)
		}
	})
}

func TestNumbersAndRepositoriesThatAreNotThere(t *testing.T) {
	onEach(t, func(t *testing.T, kind string, there *forgetest.Forge, f forge.Forge) {
		elsewhere := clientOf(t, kind, there.URL, "acme/elsewhere", "token")
		calls := map[string]func(forge.Forge) error{
			"pull":    func(f forge.Forge) error { _, err := f.Pull(t.Context(), 99); return err },
			"comment": func(f forge.Forge) error { return f.Comment(t.Context(), 99, "m", "text") },
			"close":   func(f forge.Forge) error { return f.Close(t.Context(), 99, "moot") },
			"merge":   func(f forge.Forge) error { _, err := f.Merge(t.Context(), 99, "abc", forge.Message{}); return err },
		}
		for name, call := range calls {
			if err := call(f); class(t, err) != forge.Final || !strings.Contains(err.Error(), "no pull request 99") {
				t.Errorf("%s of number 99: %v", name, err)
			}
			if err := call(elsewhere); class(t, err) != forge.Misplaced {
				t.Errorf("%s in another repository: %v", name, err)
			}
		}
		if _, err := elsewhere.OpenPulls(t.Context(), "main"); class(t, err) != forge.Misplaced {
			t.Errorf("list in another repository: %v", err)
		}
	})
}

func TestAPullRequestOfOursIsOpenedOnceAndUpdated(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		there.Opened("mallory", "sluice/promote-prod", true) // the same branch in a fork is another one
		p := forge.NewPull{Title: "Promote 1a2b3c4", Body: "to prod", Head: "sluice/promote-prod", Base: "main"}
		first, err := f.Open(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if got := there.Pull(first.Number); got.Title != p.Title || got.Body != p.Body || got.Author != forgetest.Me || got.Head != first.Head {
			t.Errorf("opened %+v as %+v", got, first)
		}
		there.Asked()
		if again, err := f.Open(t.Context(), p); err != nil || again.Number != first.Number {
			t.Errorf("the same again: %+v, %v", again, err)
		}
		if asked := there.Asked(); slices.ContainsFunc(asked, func(one string) bool { return !strings.HasPrefix(one, "GET") }) {
			t.Errorf("the same again writes: %v", asked)
		}
		p.Title, p.Body = "Promote 5d6e7f8", "to prod, later"
		if updated, err := f.Open(t.Context(), p); err != nil || updated.Number != first.Number || updated.Title != p.Title {
			t.Errorf("updated: %+v, %v", updated, err)
		}
		if got := there.Pull(first.Number); got.Title != p.Title || got.Body != p.Body {
			t.Errorf("it says %+v", got)
		}
		there.Closed(first.Number)
		if anew, err := f.Open(t.Context(), p); err != nil || anew.Number == first.Number {
			t.Errorf("after it was closed: %+v, %v", anew, err)
		}
	})
}

func TestClosingSaysWhyOnce(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		n := there.Opened(forgetest.Me, "sluice/promote-prod", false).Number
		for range 2 {
			if err := f.Close(t.Context(), n, "moot: prod has 1a2b3c4"); err != nil {
				t.Fatal(err)
			}
		}
		if said := there.Comments(n); there.Pull(n).State != "closed" || len(said) != 1 || !strings.HasSuffix(said[0].Body, "\nmoot: prod has 1a2b3c4") {
			t.Errorf("%+v, said %+v", there.Pull(n), said)
		}
		if p, err := f.Pull(t.Context(), n); err != nil || p.State != forge.PullClosed {
			t.Errorf("read back: %+v, %v", p, err)
		}
	})
}

func TestAJobThatMayFailDoesNot(t *testing.T) {
	there := forgetest.New(t, forge.GitLab)
	head := there.Opened("ann", "change", false).Head
	there.Checked(head, "may-fail/scan", "failure")
	there.Checked(head, "may-fail/slow", "pending")
	checks, err := clientOf(t, forge.GitLab, there.URL, there.Repository, "token").Checks(t.Context(), head)
	if diff := cmp.Diff(forge.Checks{Passed: []string{"may-fail/scan"}, Pending: []string{"may-fail/slow"}}, checks); diff != "" || err != nil {
		t.Errorf("checks (-want +got):\n%s%v", diff, err)
	}
}

func TestChecksOfOthersAreCombined(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		head := there.Opened("ann", "change", false).Head
		state := func(want record.StatusState) {
			t.Helper()
			checks, err := f.Checks(t.Context(), head)
			if err != nil || checks.State() != want {
				t.Errorf("got %+v (%s), %v, want %s", checks, checks.State(), err, want)
			}
		}
		state(record.StatusSuccess)
		there.Checked(head, "sluice/prod", "failure")
		state(record.StatusSuccess)
		there.Checked(head, "ci/lint", "success")
		there.Checked(head, "ci/build", "pending")
		there.Checked(head, "app/scan", "pending")
		state(record.StatusPending)
		there.Checked(head, "app/scan", "failure") // the last of three, and so on another page
		state(record.StatusFailure)
		there.Checked(head, "app/scan", "success")
		there.Checked(head, "ci/build", "success")
		checks, err := f.Checks(t.Context(), head)
		if diff := cmp.Diff(forge.Checks{Passed: []string{"app/scan", "ci/build", "ci/lint"}}, checks); diff != "" || err != nil {
			t.Errorf("checks (-want +got):\n%s%v", diff, err)
		}
	})
}

// TestWhatIsTooLongForAForgeIsCut: a subject of 10 kB, and what is taken back on a thousand gateway groups. The same again changes nothing.
func TestWhatIsTooLongForAForgeIsCut(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		p := forge.NewPull{Title: "Revert \"\u202e" + strings.Repeat("é\n", 10_000), Body: strings.Repeat("prod/eu: restores\n", 10_000), Head: "sluice/revert-1a", Base: "main"}
		for range 2 {
			if _, err := f.Open(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		made := there.Pull(1)
		if title := []rune(made.Title); len(title) > 250 || strings.ContainsAny(made.Title, "\n\u202e") || len([]rune(made.Body)) > 32_000 || there.Pull(2).Number != 0 {
			t.Errorf("the title has %d runes, the body %d: %q", len(title), len([]rune(made.Body)), made.Title)
		}
		edits := slices.DeleteFunc(there.Asked(), func(asked string) bool { return !strings.HasPrefix(asked, "P") || strings.HasPrefix(asked, "POST") })
		if len(edits) > 0 {
			t.Errorf("the same was said twice: %v", edits)
		}
	})
}

// TestVeryLongTextsDoNotHideAllPulls: anybody may open pull requests with texts so long that a page of them is more than is read.
func TestVeryLongTextsDoNotHideAllPulls(t *testing.T) {
	for _, kind := range []string{forge.GitHub, forge.Gitea} {
		t.Run(kind, func(t *testing.T) {
			there := forgetest.Play(t, kind)
			for _, branch := range []string{"one", "two", "three"} {
				there.Opened("ann", branch, false)
			}
			long := strings.Repeat(" ", 33<<20)
			f := through(t, kind, there, func(r *http.Request) (*http.Response, error) {
				if query := r.URL.Query(); query.Get("per_page") != "5" && query.Get("limit") != "5" {
					return answered(200, "application/json", "["+long+"]"), nil
				}
				return there.RoundTrip(r)
			})
			pulls, err := f.OpenPulls(t.Context(), "main")
			if err != nil || len(pulls) != 3 {
				t.Errorf("%d are open, %v", len(pulls), err)
			}
		})
	}
}
