package forge_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
	"github.com/sluice-gitops/sluice/gateway"
)

// breaking carries requests to a played forge, and lets one of them break.
type breaking struct {
	there *forgetest.Forge
	at    int // the request that breaks, from 1
	how   way
	count int
	broke bool
}

// way is how a request breaks.
type way func(b *breaking, r *http.Request) (*http.Response, error)

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.count++; b.count == b.at {
		b.broke = true
		return b.how(b, r)
	}
	return b.there.RoundTrip(r)
}

// breaks are the ways in which a request may break.
func breaks() map[string]way {
	broken := errors.New("connection reset by peer")
	return map[string]way{
		"not sent": func(*breaking, *http.Request) (*http.Response, error) { return nil, broken },
		"done, and the answer is lost": func(b *breaking, r *http.Request) (*http.Response, error) {
			_, _ = b.there.RoundTrip(r)
			return nil, broken
		},
		"502": func(*breaking, *http.Request) (*http.Response, error) {
			return answered(502, "text/html", "<html>"), nil
		},
		"too many": func(*breaking, *http.Request) (*http.Response, error) {
			return answered(429, "application/json", "{}", "Retry-After", "7"), nil
		},
		"a page": func(*breaking, *http.Request) (*http.Response, error) {
			return answered(200, "text/html", "<html>"), nil
		},
		"half of it": func(b *breaking, r *http.Request) (*http.Response, error) {
			if b.broke = r.Method == http.MethodGet; !b.broke { // of a write, the status is all that is read
				return b.there.RoundTrip(r)
			}
			return answered(200, "application/json", `[{"numb`), nil
		},
	}
}

// attempt is something that is done on a forge; done says what is wrong with what came of it.
type attempt struct {
	do   func(ctx context.Context, f forge.Forge, p forge.Pull) error
	done func(there *forgetest.Forge, n int) string
}

func attempts() map[string]attempt {
	say := func(wrong bool, text string) string {
		if wrong {
			return text
		}
		return ""
	}
	return map[string]attempt{
		"list": {
			do: func(ctx context.Context, f forge.Forge, _ forge.Pull) error {
				pulls, err := f.OpenPulls(ctx, "main")
				if err == nil && len(pulls) != 5 {
					return errors.New("a part was taken for all")
				}
				return err
			},
			done: func(*forgetest.Forge, int) string { return "" },
		},
		"comment": {
			do: func(ctx context.Context, f forge.Forge, p forge.Pull) error {
				return f.Comment(ctx, p.Number, "sluice-plan", "text")
			},
			done: func(there *forgetest.Forge, n int) string {
				return say(len(ownComments(there, n)) != 1, "not one comment")
			},
		},
		"open": {
			do: func(ctx context.Context, f forge.Forge, _ forge.Pull) error {
				_, err := f.Open(ctx, forge.NewPull{Title: "Promote", Body: "It.", Head: "sluice/promote-prod", Base: "main"})
				return err
			},
			done: func(there *forgetest.Forge, _ int) string {
				return say(there.Pull(6).Title != "Promote" || there.Pull(7).Number != 0, "not one pull request")
			},
		},
		"close": {
			do: func(ctx context.Context, f forge.Forge, p forge.Pull) error { return f.Close(ctx, p.Number, "moot") },
			done: func(there *forgetest.Forge, n int) string {
				return say(there.Pull(n).State != "closed" || len(ownComments(there, n)) != 1, "not closed with one comment")
			},
		},
		"merge": {
			do: func(ctx context.Context, f forge.Forge, p forge.Pull) error {
				commit, err := f.Merge(ctx, p.Number, p.Head, forge.Message{Title: "Promote"})
				if err == nil && commit == "" {
					return errors.New("no merge commit")
				}
				return err
			},
			done: func(there *forgetest.Forge, n int) string { return say(there.Pull(n).State != "merged", "not merged") },
		},
		"annotate": {
			do: func(ctx context.Context, f forge.Forge, p forge.Pull) error {
				_, err := f.(forge.Annotator).Annotate(ctx, p, "sluice-faults", []forge.Annotation{
					{Path: "routes.yaml", Line: 3, Text: "one"}, {Path: "routes.yaml", Line: 4, Text: "two"},
				})
				return err
			},
			done: func(there *forgetest.Forge, n int) string {
				return say(len(shown(there, there.Pull(n))) != 2, "not two annotations")
			},
		},
		"deploy": {
			do: func(ctx context.Context, f forge.Forge, p forge.Pull) error {
				deployments, has := f.(forge.Deployments)
				if !has {
					return nil
				}
				return deployments.SetDeployment(ctx, forge.Deployment{Commit: p.Head, Environment: "prod", State: forge.DeploymentSucceeded})
			},
			done: func(there *forgetest.Forge, _ int) string {
				return say(len(there.Deployments()) > 1, "more than one deployment")
			},
		},
	}
}

// TestWhatBreaksOffIsDoneOnceByTheNextCall breaks each request of each call, in each way: it must be told, and the same call made again
// must leave what one call that went well leaves.
func TestWhatBreaksOffIsDoneOnceByTheNextCall(t *testing.T) {
	for _, kind := range forge.Types() {
		for name, try := range attempts() {
			for way, how := range breaks() {
				t.Run(kind+", "+name+", "+way, func(t *testing.T) {
					for at := 1; breakOff(t, kind, try, &breaking{at: at, how: how}); at++ {
						if at > 30 {
							t.Fatal("it does not end")
						}
					}
				})
			}
		}
	}
}

// breakOff makes a call whose request breaks, and makes it again. It returns false when the call has fewer requests than that.
func breakOff(t *testing.T, kind string, try attempt, by *breaking) bool {
	t.Helper()
	by.there = forgetest.Play(t, kind)
	for range 5 { // three pages
		by.there.Opened("ann", "change", false)
	}
	by.there.Changes("routes.yaml", 3, 4)
	f, err := forge.New(forge.Config{
		Type: kind, URL: by.there.URL, Repository: by.there.Repository, Branch: "main", Transport: by,
		Login: func(context.Context) (forge.Login, error) { return forge.Login{}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	p := forge.Pull{Number: 1, Head: by.there.Pull(1).Head}
	err = try.do(t.Context(), f, p)
	if told := class(t, err); by.broke != (told != 0) {
		t.Errorf("request %d broke: %v, and the call says: %v", by.at, by.broke, err)
	}
	if by.broke {
		if err := try.do(t.Context(), f, p); err != nil {
			t.Errorf("made again after request %d broke: %v", by.at, err)
		}
	}
	if wrong := try.done(by.there, 1); wrong != "" {
		t.Errorf("after request %d broke: %s", by.at, wrong)
	}
	return by.count >= by.at
}

// TestWhatEveryCallIsTold answers each request of each call in one way: the class must be the same everywhere.
func TestWhatEveryCallIsTold(t *testing.T) {
	tests := map[string]struct {
		answer *http.Response
		want   forge.Class
	}{
		"a token that has run out":    {answered(401, "application/json", `{"message":"Bad credentials"}`), forge.Denied},
		"a token without the right":   {answered(403, "application/json", `{"message":"Forbidden"}`), forge.Denied},
		"a page in the API's place":   {answered(200, "text/html; charset=utf-8", "<html>"), forge.Misplaced},
		"a page saying nothing is so": {answered(404, "text/html", "<html>"), forge.Misplaced},
		"moved":                       {answered(301, "text/html", "", "Location", "https://git.acme.com/new"), forge.Misplaced},
		"in trouble":                  {answered(503, "text/plain", "busy"), forge.Unavailable},
		"too many":                    {answered(429, "application/json", "{}", "Retry-After", "7"), forge.Limited},
	}
	for name, test := range tests {
		for _, kind := range forge.Types() {
			for call, try := range attempts() {
				t.Run(name+", "+kind+", "+call, func(t *testing.T) {
					err := try.do(t.Context(), always(t, kind, test.answer), forge.Pull{Number: 1, Head: "abc"})
					if _, deploys := always(t, kind, test.answer).(forge.Deployments); call == "deploy" && !deploys {
						return
					}
					if got := class(t, err); got != test.want || strings.Contains(err.Error(), "token-that") {
						t.Errorf("got %v: %v, want %v", got, err, test.want)
					}
				})
			}
		}
	}
}

func answered(status int, kind, body string, header ...string) *http.Response {
	response := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i+1 < len(header); i += 2 {
		response.Header.Set(header[i], header[i+1])
	}
	return response
}

// transport is a function that carries requests.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// always returns a client of a forge that has one answer for everything.
func always(t *testing.T, kind string, one *http.Response) forge.Forge {
	t.Helper()
	body, err := io.ReadAll(one.Body)
	if err != nil {
		t.Fatal(err)
	}
	one.Body = io.NopCloser(strings.NewReader(string(body)))
	f, err := forge.New(forge.Config{
		Type: kind, URL: "https://git.acme.com", Repository: "acme/gateways", Branch: "main",
		Login: func(context.Context) (forge.Login, error) {
			return forge.Login{Token: gateway.NewSecret("", "token-that-nobody-sees")}, nil
		},
		Transport: transport(func(r *http.Request) (*http.Response, error) {
			answer := *one
			answer.Request, answer.Body = r, io.NopCloser(strings.NewReader(string(body)))
			return &answer, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
