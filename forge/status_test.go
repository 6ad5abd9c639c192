package forge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

const (
	sha   = "0123456789012345678901234567890123456789"
	token = "token-that-nobody-sees"
)

// played is a small server in the place of a forge.
type played struct {
	*httptest.Server
	asked []string // method, path, who logs in
	sent  []map[string]string
}

func play(t *testing.T, answer http.HandlerFunc) *played {
	t.Helper()
	p := &played{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.take(r)
		answer(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// take keeps a request.
func (p *played) take(r *http.Request) {
	who := r.Header.Get("Authorization") + r.Header.Get("PRIVATE-TOKEN")
	p.asked = append(p.asked, r.Method+" "+r.URL.EscapedPath()+" "+who)
	body, _ := io.ReadAll(r.Body)
	var sent map[string]string
	if json.Unmarshal(body, &sent) == nil {
		p.sent = append(p.sent, sent)
	}
}

func says(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

func at(t *testing.T, kind, url, repository string) Statuses {
	t.Helper()
	statuses, err := New(Config{
		Type: kind, URL: url, Repository: repository, Branch: "main",
		Login: func(context.Context) (Login, error) { return Login{Token: gateway.NewSecret("", token)}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return statuses
}

func TestEachForgeIsAskedInItsWay(t *testing.T) {
	tests := map[string]struct {
		repository string
		asked      string
		sent       map[string]string
	}{
		GitHub: {
			"acme/gateways", "POST /api/v3/repos/acme/gateways/statuses/" + sha + " Bearer " + token,
			map[string]string{"state": "success", "context": "sluice/prod", "description": "done", "target_url": "https://sluice.acme.com/x"},
		},
		Gitea: {
			"acme/gateways", "POST /api/v1/repos/acme/gateways/statuses/" + sha + " token " + token,
			map[string]string{"state": "success", "context": "sluice/prod", "description": "done", "target_url": "https://sluice.acme.com/x"},
		},
		GitLab: {
			"acme/platform/gateways", "POST /api/v4/projects/acme%2Fplatform%2Fgateways/statuses/" + sha + " " + token,
			map[string]string{"state": "success", "name": "sluice/prod", "description": "done", "target_url": "https://sluice.acme.com/x", "ref": "main"},
		},
		Bitbucket: {
			"acme/gateways", "POST /2.0/repositories/acme/gateways/commit/" + sha + "/statuses/build Bearer " + token,
			map[string]string{"state": "SUCCESSFUL", "key": buildKey("sluice/prod"), "name": "sluice/prod", "description": "done", "url": "https://sluice.acme.com/x"},
		},
		BitbucketServer: {
			"ACME/gateways", "POST /rest/api/latest/projects/ACME/repos/gateways/commits/" + sha + "/builds Bearer " + token,
			map[string]string{"state": "SUCCESSFUL", "key": buildKey("sluice/prod"), "name": "sluice/prod", "description": "done", "url": "https://sluice.acme.com/x"},
		},
	}
	for _, kind := range Types() {
		t.Run(kind, func(t *testing.T) {
			test := tests[kind]
			p := play(t, says(201, `{}`))
			err := at(t, kind, p.URL, test.repository).SetStatus(t.Context(), sha, Status{
				Context: "sluice/prod", State: record.StatusSuccess, Text: "done", URL: "https://sluice.acme.com/x",
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.asked}, p.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]map[string]string{test.sent}, p.sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGitHubsAPIIsFound(t *testing.T) {
	for url, want := range map[string]string{
		"": "https://api.github.com", "https://github.com": "https://api.github.com", "https://acme.ghe.com": "https://api.acme.ghe.com",
		"https://git.acme.com/": "https://git.acme.com/api/v3",
	} {
		statuses := at(t, GitHub, url, "a/b").(*gitHub)
		if got := statuses.base.String(); got != want {
			t.Errorf("%q: API at %s, want %s", url, got, want)
		}
	}
}

func TestTextsAreCutByRunes(t *testing.T) {
	p := play(t, says(201, `{}`))
	if err := at(t, GitHub, p.URL, "a/b").SetStatus(t.Context(), sha, Status{Context: "c", State: record.StatusError, Text: strings.Repeat("é", 200)}); err != nil {
		t.Fatal(err)
	}
	if got := []rune(p.sent[0]["description"]); len(got) != 140 || got[139] != '…' || got[138] != 'é' {
		t.Errorf("description has %d runes and ends in %q", len(got), string(got[len(got)-2:]))
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	soon := fmt.Sprint(time.Now().Add(10 * time.Minute).Unix())
	tests := []struct {
		name   string
		kind   string
		answer http.HandlerFunc
		class  Class // 0: taken
		says   string
	}{
		{"a token that has run out", GitHub, says(401, `{"message":"Bad credentials"}`), Denied, "Bad credentials"},
		{"a token without the right", Gitea, says(403, `{"message":"token does not have at least one of required scope(s): [write:repository]"}`), Denied, "write:repository"},
		{"no such commit, GitHub", GitHub, says(422, `{"message":"No commit found for SHA: `+sha+`"}`), Final, "No commit found"},
		{"no such commit, Gitea", Gitea, says(500, `{"message":"GetCommit[`+sha+`]: object does not exist [id: x, rel_path: ]"}`), Final, "object does not exist"},
		{"no such commit, GitLab", GitLab, says(404, `{"message":"404 Commit Not Found"}`), Final, "Commit Not Found"},
		{"no such project, GitLab", GitLab, says(404, `{"message":"404 Project Not Found"}`), Misplaced, "forge.repository"},
		{"no such repository, GitHub", GitHub, says(404, `{"message":"Not Found"}`), Misplaced, "forge.repository"},
		{"1,000 statuses, GitHub", GitHub, says(422, `{"message":"Validation Failed","errors":[{"resource":"Status","code":"custom","message":"This SHA and context has reached the maximum number of statuses."}]}`), Final, "maximum number"},
		{"the same state again, GitLab", GitLab, says(400, `{"message":"Cannot transition status via :run from :running (Reason(s): Status cannot transition via \"run\")"}`), 0, ""},
		{"another update under way, GitLab", GitLab, says(409, `{"message":"Another update to this commit status is in progress"}`), Limited, "in progress"},
		{"a limit by Retry-After", GitLab, says(429, `{}`, "Retry-After", "7"), Limited, "too many"},
		{"GitHub's secondary limit", GitHub, says(403, `{"message":"You have exceeded a secondary rate limit."}`), Limited, "secondary"},
		{"GitHub's budget is spent", GitHub, says(403, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", soon), Limited, "exceeded"},
		{"trouble", Bitbucket, says(502, `nothing of use`), Unavailable, "Bad Gateway"},
		{"a page in the place of the API", Gitea, says(200, `<html>`, "Content-Type", "text/html"), Misplaced, "forge.url"},
		{"a page that says that nothing is here", Gitea, says(404, `<html>`, "Content-Type", "text/html"), Misplaced, "forge.repository"},
		{"moved", GitHub, says(307, `{"message":"Moved"}`, "Location", "https://api.github.com/repositories/1?access_token=x"), Misplaced, "moved to https://api.github.com/repositories/1;"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := play(t, test.answer)
			err := at(t, test.kind, p.URL, "acme/gateways").SetStatus(t.Context(), sha, Status{Context: "sluice/prod", State: record.StatusPending})
			fault, failed := errors.AsType[*Error](err)
			switch {
			case !failed && err != nil:
				t.Fatalf("not an *Error: %v", err)
			case !failed && test.class != 0:
				t.Fatal("taken")
			case failed && (fault.Class != test.class || !strings.Contains(err.Error(), test.says)):
				t.Errorf("got %q of class %v, want %v with %q", err, fault.Class, test.class, test.says)
			}
			if failed && strings.Contains(err.Error(), token) {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

func TestHowLongALimitLasts(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	tests := map[string]struct {
		header http.Header
		status int
		want   time.Duration
	}{
		"years":       {http.Header{"Retry-After": {"9223372036854775807"}}, 429, time.Hour},
		"next year":   {http.Header{"Retry-After": {now.Add(8760 * time.Hour).UTC().Format(http.TimeFormat)}}, 429, time.Hour},
		"seconds":     {http.Header{"Retry-After": {"30"}}, 429, 30 * time.Second},
		"a date":      {http.Header{"Retry-After": {now.Add(2 * time.Minute).UTC().Format(http.TimeFormat)}}, 429, 2 * time.Minute},
		"a reset":     {http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1700000300"}}, 403, 5 * time.Minute},
		"in the past": {http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1600000300"}}, 403, time.Second},
		"not said":    {http.Header{}, 429, time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			limit := limited(&http.Response{StatusCode: test.status, Header: test.header}, "", now)
			if limit == nil || limit.After != test.want {
				t.Errorf("got %v, want %v", limit, test.want)
			}
		})
	}
}

func TestAForgeThatIsNotThere(t *testing.T) {
	p := play(t, says(200, `{}`))
	p.Close()
	err := at(t, GitHub, p.URL, "a/b").SetStatus(t.Context(), sha, Status{})
	if fault, ok := errors.AsType[*Error](err); !ok || fault.Class != Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestARedirectIsNotFollowedWithTheToken(t *testing.T) {
	other := play(t, says(201, `{}`))
	p := play(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	if err := at(t, Gitea, p.URL, "a/b").SetStatus(t.Context(), sha, Status{}); err == nil {
		t.Error("taken")
	}
	if len(other.asked) > 0 {
		t.Errorf("another host was asked: %v", other.asked)
	}
}

func TestBadAddressesAreRefused(t *testing.T) {
	for _, c := range []Config{
		{Type: Gitea, Repository: "a/b"}, {Type: GitHub, Repository: "gateways"}, {Type: "svn", URL: "https://x", Repository: "a/b"},
		{Type: GitHub, URL: "ftp://x", Repository: "a/b"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
