package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// unknownCommit is what each forge answers for a commit that it has not.
func unknownCommit() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		// https://docs.github.com/rest/commits/statuses
		GitHub: says(422, `{"message":"No commit found for SHA: `+sha+`"}`),
		GitLab: says(404, `{"message":"404 Commit Not Found"}`),
		Gitea:  says(500, `{"message":"GetCommit[`+sha+`]: object does not exist [id: x, rel_path: ]"}`),
		// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses
		Bitbucket:       says(404, `{"type":"error","error":{"message":"Commit not found"}}`),
		BitbucketServer: says(404, `{"errors":[{"message":"Commit '`+sha+`' does not exist in repository 'gateways'.","exceptionName":"com.atlassian.bitbucket.commit.NoSuchCommitException"}]}`),
	}
}

func repositoryOf(kind string) string {
	if kind == BitbucketServer {
		return "ACME/gateways"
	}
	return "acme/gateways"
}

// TestBadInputIsOneClearLine asks every forge with each thing that people get wrong. What comes back says in one line what is wrong and, where
// a person can mend it, how.
func TestBadInputIsOneClearLine(t *testing.T) {
	page := func(code int) http.HandlerFunc {
		return says(code, "<html><title>Sign in</title>", "Content-Type", "text/html; charset=utf-8")
	}
	tests := []struct {
		name   string
		answer func(kind string) http.HandlerFunc
		class  Class
		says   string
	}{
		{"a token that has run out", func(string) http.HandlerFunc { return says(401, `{"message":"unauthorized"}`) }, Denied, "has run out"},
		{"a token without the right", func(string) http.HandlerFunc { return says(403, `{"message":"insufficient scope"}`) }, Denied, "lacks a right"},
		{"a wrong address that shows a page", func(string) http.HandlerFunc { return page(200) }, Misplaced, "forge.url"},
		{"a wrong address that sends to log in", func(string) http.HandlerFunc { return says(302, ``, "Location", "/users/sign_in?x=1") }, Misplaced, "sign_in;"},
		{"a commit that is unknown", func(kind string) http.HandlerFunc { return unknownCommit()[kind] }, Final, ""},
		{"trouble with words", func(string) http.HandlerFunc { return says(500, `{"message":"deadlock\ndetected"}`) }, Unavailable, "deadlock detected"},
		{"trouble as a page", func(string) http.HandlerFunc { return page(503) }, Unavailable, "Service Unavailable"},
		{"an answer that is cut off", func(string) http.HandlerFunc { return breakOff }, Unavailable, ""},
	}
	for _, kind := range Types() {
		for _, tt := range tests {
			t.Run(kind+"/"+tt.name, func(t *testing.T) {
				p := play(t, tt.answer(kind))
				err := at(t, kind, p.URL, repositoryOf(kind)).SetStatus(t.Context(), sha, Status{Context: "sluice/prod", State: record.StatusPending, URL: "https://x"})
				fault, ok := errors.AsType[*Error](err)
				if !ok || fault.Class != tt.class || !strings.Contains(err.Error(), tt.says) {
					t.Fatalf("got %v, want %v with %q", err, tt.class, tt.says)
				}
				if strings.ContainsAny(err.Error(), "\n<") || strings.Contains(err.Error(), token) {
					t.Errorf("the line is %q", err)
				}
			})
		}
	}
}

func breakOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write([]byte(`{"half":`))
	panic(http.ErrAbortHandler)
}

// silent answers nothing.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestSilenceIsSaidOnce: a forge that does not answer is one line in the log, however long it lasts, and one more when it is back.
func TestSilenceIsSaidOnce(t *testing.T) {
	for _, kind := range Types() {
		synctest.Test(t, func(t *testing.T) {
			f, err := New(Config{
				Type: kind, URL: "https://git.acme.com", Repository: repositoryOf(kind), Transport: silent{},
				Login: func(context.Context) (Login, error) { return Login{Token: gateway.NewSecret("", token)}, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			core, logs := observer.New(zap.DebugLevel)
			b := &box{}
			b.put("c1", "done", record.StatusSuccess)
			d := &Delivery{Outbox: b, Forge: f, Log: zap.New(core)}
			ctx, stop := context.WithTimeout(t.Context(), 24*time.Hour)
			defer stop()
			d.Run(ctx, nil)
			wrong := d.Troubles()
			if logs.Len() != 1 || len(wrong) != 1 || !strings.Contains(wrong[0].Why, "no answer in time") || time.Since(wrong[0].Since) < 23*time.Hour {
				t.Errorf("%s: the log says %v, the trouble is %+v", kind, logs.All(), wrong)
			}
		})
	}
}

// TestARenamedRepositoryIsFollowed: who is sent on within the host goes there with all that was sent, and says the new name. To another host,
// or another scheme, nothing is sent.
func TestARenamedRepositoryIsFollowed(t *testing.T) {
	for _, tt := range []struct {
		kind, old, to, name string
		code                int
	}{
		// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
		{GitHub, "/api/v3/repos/acme/gateways", "/api/v3/repositories/7", "acme/gates", 307},
		{GitHub, "/api/v3/repos/acme/gateways", "/api/v3/repositories/7", "acme/gates", 301},
		// services/context/api.go of Gitea: RedirectToRepo
		{Gitea, "/api/v1/repos/acme/gateways", "/api/v1/repos/acme/gates", "acme/gates", 307},
	} {
		t.Run(fmt.Sprint(tt.kind, tt.code), func(t *testing.T) {
			p := play(t, nil)
			p.Config.Handler = renamed(p, tt.old, tt.to, tt.code)
			f := at(t, tt.kind, p.URL, "acme/gateways")
			for range 2 {
				if err := f.SetStatus(t.Context(), sha, Status{Context: "sluice/prod", State: record.StatusSuccess, Text: "done"}); err != nil {
					t.Fatal(err)
				}
			}
			if got := f.(Movable).MovedTo(); got != tt.name {
				t.Errorf("it is called %q", got)
			}
			if len(p.sent) != 2 || p.sent[1]["description"] != "done" || !strings.HasSuffix(p.asked[len(p.asked)-1], token) {
				t.Errorf("asked %v, sent %v", p.asked, p.sent)
			}
			b := &box{}
			d := &Delivery{Outbox: b, Forge: f, Moved: f.(Movable)}
			d.tellMove()
			if wrong := d.Troubles(); len(wrong) != 1 || !strings.Contains(wrong[0].Why, "acme/gates") {
				t.Errorf("trouble %+v", wrong)
			}
			p.Config.Handler = says(201, `{}`) // it has its name back
			if err := f.SetStatus(t.Context(), sha, Status{Context: "sluice/prod", State: record.StatusSuccess}); err != nil {
				t.Fatal(err)
			}
			d.tellMove()
			if wrong := d.Troubles(); f.(Movable).MovedTo() != "" || len(wrong) > 0 {
				t.Errorf("it is called as it was again: %q, %+v", f.(Movable).MovedTo(), wrong)
			}
		})
	}
}

// renamed sends on what is below old, and takes what is below to.
func renamed(p *played, old, to string, code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, was := strings.CutPrefix(r.URL.Path, old); was {
			w.Header().Set("Location", to+rest)
			w.WriteHeader(code)
			return
		}
		if r.URL.Path == to {
			says(200, `{"full_name":"acme/gates"}`)(w, r)
			return
		}
		p.take(r)
		says(201, `{}`)(w, r)
	})
}

// TestALoopOfRedirectsEnds: a forge that sends on and on is told so.
func TestALoopOfRedirectsEnds(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	err := at(t, Gitea, server.URL, "acme/gateways").SetStatus(t.Context(), sha, Status{Context: "c"})
	if fault, ok := errors.AsType[*Error](err); !ok || fault.Class != Misplaced || asked > 5 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

// TestAMovedProjectOfGitLabIsSaid: GitLab sends nobody on who writes.
func TestAMovedProjectOfGitLabIsSaid(t *testing.T) {
	p := play(t, says(405, `{"message":"Non GET methods are not allowed for moved projects"}`))
	err := at(t, GitLab, p.URL, "acme/gateways").SetStatus(t.Context(), sha, Status{Context: "c"})
	if fault, ok := errors.AsType[*Error](err); !ok || fault.Class != Misplaced || !strings.Contains(err.Error(), "forge.repository") {
		t.Errorf("got %v", err)
	}
}
