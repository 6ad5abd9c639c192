package forge_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/giteatest"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// onGitea is a repository on a real Gitea, and a client that may do there what Sluice's token needs to.
type onGitea struct {
	*giteatest.Server
	forge.Forge
	repository string
}

// TestE2EGitea holds the client against a real Gitea, with the scopes that the documentation asks for.
func TestE2EGitea(t *testing.T) {
	server := giteatest.Start(t, "[api]", "MAX_RESPONSE_ITEMS = 3") // lists have pages
	token := server.User(t, "sluice-bot", "write:repository", "write:issue", "read:user")
	for name, test := range map[string]func(*testing.T, onGitea){
		"statuses are read back":              e2eStatuses,
		"a comment is edited in place":        e2eComment,
		"a pull request is opened and closed": e2eOpen,
		"a merge is of one head":              e2eMerge,
		"a conflict blocks a merge":           e2eConflict,
		"a required check blocks a merge":     e2eRequired,
		"forks and lists":                     e2eForks,
		"annotations":                         e2eAnnotations,
		"rights that are missing":             e2eRights,
		"webhooks are signed":                 e2eWebhook,
		"a forge that goes and comes":         e2eRestart,
		"the journal is delivered":            e2eDelivery,
	} {
		t.Run(name, func(t *testing.T) {
			short := strings.ReplaceAll(name, " ", "-")
			server.Repository(t, giteatest.Admin, short)
			repository := giteatest.Admin + "/" + short
			server.Collaborator(t, repository, "sluice-bot")
			test(t, onGitea{server, clientOf(t, forge.Gitea, server.URL, repository, token), repository})
		})
	}
}

// change is a pull request of a new branch that writes a file.
func (on onGitea) change(t *testing.T, branch, text string) forge.Pull {
	t.Helper()
	on.Commit(t, on.repository, branch, "Change", map[string]string{"routes.yaml": text})
	p, err := on.Open(t.Context(), forge.NewPull{Title: "Change " + branch, Body: "Why.", Head: branch, Base: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func e2eStatuses(t *testing.T, on onGitea) {
	head := on.Commit(t, on.repository, "main", "Change", map[string]string{"routes.yaml": "a: 1\n"})
	set := func(context string, state record.StatusState, text string) {
		t.Helper()
		err := on.SetStatus(t.Context(), head, forge.Status{Context: context, State: state, Text: text, URL: "https://sluice.acme.com/x"})
		if err != nil {
			t.Fatal(err)
		}
	}
	set("sluice/prod", record.StatusPending, "wave 1/2")
	set("sluice/prod", record.StatusSuccess, strings.Repeat("é", 300))
	set("ci/build", record.StatusFailure, "broken")
	set("ci/lint", record.StatusSuccess, "")
	var combined struct {
		Statuses []struct{ Context, Status, Description string }
	}
	if status := on.Call(t, on.Token, "GET", "/repos/"+on.repository+"/commits/"+head+"/status", nil, &combined); status != 200 {
		t.Fatal(status)
	}
	got := map[string]string{}
	for _, s := range combined.Statuses {
		got[s.Context] = s.Status
		if s.Context == "sluice/prod" && len([]rune(s.Description)) != 255 {
			t.Errorf("%d runes", len([]rune(s.Description)))
		}
	}
	if diff := cmp.Diff(map[string]string{"sluice/prod": "success", "ci/build": "failure", "ci/lint": "success"}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	checks, err := on.Checks(t.Context(), head)
	if diff := cmp.Diff(forge.Checks{Passed: []string{"ci/lint"}, Failed: []string{"ci/build"}}, checks); diff != "" || err != nil {
		t.Errorf("checks (-want +got):\n%s%v", diff, err)
	}
	unknown := strings.Repeat("0", 39) + "1"
	if err := on.SetStatus(t.Context(), unknown, forge.Status{Context: "sluice/prod", State: record.StatusSuccess}); class(t, err) != forge.Final {
		t.Errorf("an unknown commit: %v", err)
	}
}

func e2eComment(t *testing.T, on onGitea) {
	p := on.change(t, "change", "a: 1\n")
	on.Call(t, on.Token, "POST", "/repos/"+on.repository+"/issues/1/comments", map[string]string{"body": "<!-- sluice-plan -->\nplanted"}, nil)
	for _, body := range []string{"first", "second\n\n| a |\n| - |\n", strings.Repeat("é", on.MostComment())} {
		if err := on.Comment(t.Context(), p.Number, "sluice-plan", body); err != nil {
			t.Fatal(err)
		}
	}
	var all []struct {
		Body string
		User struct{ Login string }
	}
	on.Call(t, on.Token, "GET", "/repos/"+on.repository+"/issues/1/comments", nil, &all)
	if len(all) != 2 || all[0].Body != "<!-- sluice-plan -->\nplanted" || all[1].User.Login != "sluice-bot" || !strings.HasSuffix(all[1].Body, "éé") {
		t.Errorf("%d comments", len(all))
	}
	if err := on.Comment(t.Context(), 99, "sluice-plan", "text"); class(t, err) != forge.Final {
		t.Errorf("a number that is not there: %v", err)
	}
}

func e2eOpen(t *testing.T, on onGitea) {
	p := on.change(t, "sluice/promote-prod", "a: 1\n")
	if p.Head == "" || p.HeadBranch != "sluice/promote-prod" || p.Fork || p.State != forge.PullOpen || p.Author != "sluice-bot" {
		t.Errorf("opened %+v", p)
	}
	again, err := on.Open(t.Context(), forge.NewPull{Title: "Another", Body: "Else.", Head: p.HeadBranch, Base: "main"})
	if err != nil || again.Number != p.Number {
		t.Fatalf("again: %+v, %v", again, err)
	}
	if now, err := on.Pull(t.Context(), p.Number); err != nil || now.Title != "Another" || now.Body != "Else." {
		t.Errorf("it says %+v, %v", now, err)
	}
	if _, err := on.Open(t.Context(), forge.NewPull{Title: "None", Head: "no-such-branch", Base: "main"}); class(t, err) != forge.Final {
		t.Errorf("a branch that is not there: %v", err)
	}
	for range 2 {
		if err := on.Close(t.Context(), p.Number, "moot"); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := on.Pull(t.Context(), p.Number); err != nil || now.State != forge.PullClosed {
		t.Errorf("closed: %+v, %v", now, err)
	}
	if _, err := on.Merge(t.Context(), p.Number, p.Head, forge.Message{}); class(t, err) != forge.Outdated {
		t.Errorf("merge of a closed one: %v", err)
	}
}

func e2eMerge(t *testing.T, on onGitea) {
	p := on.change(t, "change", "a: 1\n")
	head := on.Commit(t, on.repository, "change", "More", map[string]string{"more.yaml": "b: 2\n"})
	if _, err := on.Merge(t.Context(), p.Number, p.Head, forge.Message{}); class(t, err) != forge.Outdated {
		t.Fatalf("a head that has moved: %v", err)
	}
	commit, err := on.Merge(t.Context(), p.Number, head, forge.Message{Title: "Promote 1a2b3c4", Body: "Sluice-Allow: prod abc"})
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Commit  struct{ Message string }
		Parents []struct{ SHA string }
	}
	on.Call(t, on.Token, "GET", "/repos/"+on.repository+"/git/commits/"+commit, nil, &made)
	if len(made.Parents) != 2 || made.Parents[1].SHA != head || strings.TrimSpace(made.Commit.Message) != "Promote 1a2b3c4\n\nSluice-Allow: prod abc" {
		t.Errorf("merge commit %+v", made)
	}
	if again, err := on.Merge(t.Context(), p.Number, head, forge.Message{}); err != nil || again != commit {
		t.Errorf("again: %q, %v", again, err)
	}
	if err := on.Close(t.Context(), p.Number, "moot"); err != nil {
		t.Errorf("closing what was merged: %v", err)
	}
}

func e2eConflict(t *testing.T, on onGitea) {
	on.Commit(t, on.repository, "main", "Base", map[string]string{"routes.yaml": "a: 0\n"})
	p := on.change(t, "change", "a: 1\n")
	on.Commit(t, on.repository, "main", "Other", map[string]string{"routes.yaml": "a: 2\n"})
	_, err := on.Merge(t.Context(), p.Number, p.Head, forge.Message{})
	if got := class(t, err); got != forge.Blocked && got != forge.Limited { // by what Gitea has found out when it is asked
		t.Errorf("got %v", err)
	}
	if now, err := on.Pull(t.Context(), p.Number); err != nil || now.State != forge.PullOpen {
		t.Errorf("it is %+v, %v", now, err)
	}
}

func e2eRequired(t *testing.T, on onGitea) {
	on.Protect(t, on.repository, "main", "ci/*")
	p := on.change(t, "change", "a: 1\n")
	if _, err := on.Merge(t.Context(), p.Number, p.Head, forge.Message{}); class(t, err) != forge.Blocked {
		t.Fatalf("no status: %v", err)
	}
	if err := on.SetStatus(t.Context(), p.Head, forge.Status{Context: "ci/build", State: record.StatusSuccess}); err != nil {
		t.Fatal(err)
	}
	if _, err := on.Merge(t.Context(), p.Number, p.Head, forge.Message{}); err != nil {
		t.Errorf("with a success: %v", err)
	}
}

func e2eForks(t *testing.T, on onGitea) {
	mallory := on.User(t, "mallory")
	on.Fork(t, on.repository, mallory)
	name := strings.TrimPrefix(on.repository, giteatest.Admin+"/")
	head := on.Commit(t, "mallory/"+name, "change", "Change", map[string]string{"routes.yaml": "a: 1\n"})
	on.Call(t, mallory, "POST", "/repos/"+on.repository+"/pulls", map[string]string{"title": "Fork", "head": "mallory:change", "base": "main"}, nil)
	on.change(t, "change", "b: 1\n")
	on.Commit(t, on.repository, "release", "Branch", map[string]string{"other.yaml": "c: 1\n"})
	on.Commit(t, on.repository, "change-2", "Change", map[string]string{"routes.yaml": "c: 1\n"})
	if _, err := on.Open(t.Context(), forge.NewPull{Title: "Elsewhere", Head: "change-2", Base: "release"}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		on.change(t, fmt.Sprint("more-", i), fmt.Sprint("d: ", i, "\n"))
	}
	pulls, err := on.OpenPulls(t.Context(), "main")
	if err != nil || len(pulls) != 5 {
		t.Fatalf("%+v, %v", pulls, err)
	}
	want := forge.Pull{
		Number: 1, State: forge.PullOpen, Title: "Fork", Author: "mallory", Head: head, HeadBranch: "change", HeadRef: "refs/pull/1/head",
		Fork: true, Base: "main", URL: on.URL + "/" + on.repository + "/pulls/1",
	}
	if diff := cmp.Diff(want, pulls[0]); diff != "" || pulls[1].Fork {
		t.Errorf("fork (-want +got):\n%s", diff)
	}
	if err := on.SetStatus(t.Context(), head, forge.Status{Context: "sluice/plan/prod", State: record.StatusSuccess}); err != nil {
		t.Errorf("a status on the head of a fork: %v", err)
	}
	on.Call(t, mallory, "DELETE", "/repos/mallory/"+name, nil, nil)
	if p, err := on.Pull(t.Context(), 1); err != nil || !p.Fork || p.HeadBranch != "" || p.Head != head {
		t.Errorf("after the fork is gone: %+v, %v", p, err)
	}
}

func e2eAnnotations(t *testing.T, on onGitea) {
	p := on.change(t, "change", "a: 1\nb: 2\n")
	first := forge.Annotation{Path: "routes.yaml", Line: 1, Text: "no such upstream"}
	second := forge.Annotation{Path: "routes.yaml", Line: 2, Text: "unknown field"}
	for _, all := range [][]forge.Annotation{{first}, {first, second}, {second}} {
		if left, err := on.Forge.(forge.Annotator).Annotate(t.Context(), p, "sluice-faults", all); err != nil || len(left) > 0 {
			t.Fatalf("left %v, %v", left, err)
		}
	}
	var reviews []struct{ ID int }
	on.Call(t, on.Token, "GET", "/repos/"+on.repository+"/pulls/1/reviews", nil, &reviews)
	if len(reviews) != 1 {
		t.Fatalf("%d reviews", len(reviews))
	}
}

func e2eRights(t *testing.T, on onGitea) {
	p := on.change(t, "change", "a: 1\n")
	reader := clientOf(t, forge.Gitea, on.URL, on.repository, on.TokenOf(t, "sluice-bot", "read:repository", "read:issue"))
	if _, err := reader.OpenPulls(t.Context(), "main"); err != nil {
		t.Errorf("reading: %v", err)
	}
	if err := reader.Comment(t.Context(), p.Number, "sluice-plan", "text"); class(t, err) != forge.Denied || !strings.Contains(err.Error(), "write:issue") {
		t.Errorf("writing: %v", err)
	}
	nobody := clientOf(t, forge.Gitea, on.URL, on.repository, strings.Repeat("0", 40))
	if _, err := nobody.OpenPulls(t.Context(), "main"); class(t, err) != forge.Denied {
		t.Errorf("a wrong token: %v", err)
	}
	page := clientOf(t, forge.Gitea, on.URL+"/explore", on.repository, on.Token)
	if _, err := page.OpenPulls(t.Context(), "main"); class(t, err) != forge.Misplaced {
		t.Errorf("a wrong address: %v", err)
	}
}

func e2eWebhook(t *testing.T, on onGitea) {
	secret := gateway.NewSecret("", "s3cret")
	type delivery struct {
		event     forge.Event
		ours, not error
	}
	deliveries := make(chan delivery, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		deliveries <- delivery{
			forge.EventOf(forge.Gitea, r.Header),
			forge.CheckWebhook(forge.Gitea, secret, r.Header, bytes.NewReader(body)),
			forge.CheckWebhook(forge.Gitea, gateway.NewSecret("", "another"), r.Header, bytes.NewReader(body)),
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()
	on.Hook(t, on.repository, receiver.URL, "s3cret")
	on.Commit(t, on.repository, "main", "Change", map[string]string{"routes.yaml": "a: 1\n"})
	select {
	case got := <-deliveries:
		if got.event.Name != "push" || got.event.ID == "" || got.ours != nil || got.not == nil {
			t.Errorf("delivery %+v", got)
		}
	case <-time.After(time.Minute):
		t.Error("nothing was delivered")
	}
}

func e2eRestart(t *testing.T, on onGitea) {
	p := on.change(t, "change", "a: 1\n")
	on.Stop(t)
	if _, err := on.OpenPulls(t.Context(), "main"); class(t, err) != forge.Unavailable {
		t.Errorf("while it is down: %v", err)
	}
	on.Resume(t)
	if pulls, err := on.OpenPulls(t.Context(), "main"); err != nil || len(pulls) != 1 || pulls[0].Head != p.Head {
		t.Errorf("after it came back: %+v, %v", pulls, err)
	}
}
