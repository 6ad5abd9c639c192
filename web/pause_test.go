package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
)

// pauses remembers what was put on record.
type pauses struct {
	paused  *record.Pause
	resumed string // by whom
	err     error
}

func (p *pauses) Pause(pause record.Pause) error {
	if p.err == nil {
		p.paused = &pause
	}
	return p.err
}

func (p *pauses) Resume(_, by string) error {
	p.resumed = by
	return p.err
}

func (p *pauses) Paused(string) (record.Pause, bool) { return record.Pause{}, p.paused != nil }

func post(handler http.Handler, path, token, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if token != "" {
		request.Header.Set("Authorization", token)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func handlerWith(p *pauses, changed func()) http.Handler {
	status := reconciler.Status{Environments: []reconciler.EnvironmentStatus{{Name: "prod"}}}
	return web.Handler(present{status: status, ready: true}, &past{}, web.Calls{
		Token:  func() (gateway.Secret, error) { return gateway.NewSecret("", "the-token"), nil },
		Pauses: p, Changed: changed,
	})
}

const (
	pauseProd = "/api/v1/environments/prod/pause"
	bearer    = "Bearer the-token"
	goodBody  = `{"by": "ada", "reason": "INC-1", "for": "2h"}`
)

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pauses
		told := 0
		got := post(handlerWith(&p, func() { told++ }), pauseProd, bearer, goodBody)
		if got.Code != 200 || told != 1 {
			t.Fatalf("got %d %s, told %d times", got.Code, got.Body, told)
		}
		want := record.Pause{Environment: "prod", By: "ada from 192.0.2.1", Reason: "INC-1", Until: time.Now().UTC().Add(2 * time.Hour)}
		if diff := cmp.Diff(&want, p.paused); diff != "" {
			t.Errorf("on record (-want +got)\n%s", diff)
		}
		var answer record.Pause
		if err := json.Unmarshal(got.Body.Bytes(), &answer); err != nil || !answer.Until.Equal(want.Until) {
			t.Errorf("answered %s", got.Body)
		}
	})
}

// TestPauseIsRefused wants nothing on record for any call that is wrong in one thing.
func TestPauseIsRefused(t *testing.T) {
	tests := []struct {
		name, path, token, body string
		status                  int
		text                    string
	}{
		{"no token", pauseProd, "", goodBody, 401, "needs the token"},
		{"wrong token", pauseProd, "Bearer the-toke", goodBody, 401, "needs the token"},
		{"another scheme", pauseProd, "Basic the-token", goodBody, 401, "needs the token"},
		{"the token alone", pauseProd, "the-token", goodBody, 401, "needs the token"},
		{"unknown environment", "/api/v1/environments/prd/pause", bearer, goodBody, 404, "no environment prd"},
		{"unknown environment and no token", "/api/v1/environments/prd/pause", "", goodBody, 401, "needs the token"},
		{"no end", pauseProd, bearer, `{"by": "ada", "reason": "x"}`, 400, "needs an end"},
		{"too long", pauseProd, bearer, `{"by": "ada", "reason": "x", "for": "168h0m1s"}`, 400, "up to 168 h"},
		{"backwards", pauseProd, bearer, `{"by": "ada", "reason": "x", "for": "-1h"}`, 400, "up to 168 h"},
		{"no reason", pauseProd, bearer, `{"by": "ada", "for": "1h"}`, 400, "reason"},
		{"nobody", pauseProd, bearer, `{"reason": "x", "for": "1h"}`, 400, "who asks"},
		{"two lines", pauseProd, bearer, `{"by": "ada", "reason": "x\ny", "for": "1h"}`, 400, "one line"},
		{"a long reason", pauseProd, bearer, `{"by": "ada", "reason": "` + strings.Repeat("x", 501) + `", "for": "1h"}`, 400, "500 bytes"},
		{"a long body", pauseProd, bearer, `{"by": "` + strings.Repeat("x", 20<<10) + `"}`, 400, "too large"},
		{"unknown key", pauseProd, bearer, `{"by": "ada", "reason": "x", "for": "1h", "until": "x"}`, 400, "until"},
		{"no JSON", pauseProd, bearer, `for=1h`, 400, "read the request"},
		{"resume without a pause", "/api/v1/environments/prod/resume", bearer, `{"by": "ada"}`, 409, "not paused"},
		{"reading a call", pauseProd + "d", bearer, goodBody, 404, ""},
	}
	for _, tt := range tests {
		var p pauses
		got := post(handlerWith(&p, func() { t.Errorf("%s: told", tt.name) }), tt.path, tt.token, tt.body)
		if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.text) {
			t.Errorf("%s: got %d %s", tt.name, got.Code, got.Body)
		}
		if p.paused != nil || p.resumed != "" {
			t.Errorf("%s: on record is %+v", tt.name, p)
		}
		if strings.Contains(got.Body.String(), "the-token") {
			t.Errorf("%s: the answer shows the token", tt.name)
		}
	}
}

func TestPauseNeedsATokenFile(t *testing.T) {
	status := reconciler.Status{Environments: []reconciler.EnvironmentStatus{{Name: "prod"}}}
	for name, tt := range map[string]struct {
		token func() (gateway.Secret, error)
		code  int
	}{
		"nothing":    {nil, 403},
		"no token":   {func() (gateway.Secret, error) { return gateway.Secret{}, nil }, 403},
		"unreadable": {func() (gateway.Secret, error) { return gateway.Secret{}, errors.New("no such file") }, 503},
	} {
		var p pauses
		handler := web.Handler(present{status: status}, &past{}, web.Calls{Token: tt.token, Pauses: &p})
		for _, token := range []string{"", "Bearer ", "Bearer the-token"} {
			if got := post(handler, pauseProd, token, goodBody); got.Code != tt.code || p.paused != nil {
				t.Errorf("%s: got %d %s", name, got.Code, got.Body)
			}
		}
	}
}

// TestPauseBeforeTheFirstPass says that nothing is known yet, and not that there is no such environment.
func TestPauseBeforeTheFirstPass(t *testing.T) {
	handler := web.Handler(present{}, &past{}, web.Calls{
		Token: func() (gateway.Secret, error) { return gateway.NewSecret("", "the-token"), nil }, Pauses: &pauses{},
	})
	if got := post(handler, pauseProd, bearer, goodBody); got.Code != 503 || !strings.Contains(got.Body.String(), "not read yet") {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
}

func TestResume(t *testing.T) {
	p := pauses{paused: &record.Pause{}}
	told := 0
	handler := handlerWith(&p, func() { told++ })
	if got := post(handler, "/api/v1/environments/prod/resume", bearer, `{"by": "ada"}`); got.Code != 200 || p.resumed != "ada from 192.0.2.1" || told != 1 {
		t.Errorf("got %d %s, resumed by %q", got.Code, got.Body, p.resumed)
	}
	p.err = errors.New("disk full")
	if got := post(handler, "/api/v1/environments/prod/resume", bearer, `{"by": "ada"}`); got.Code != 503 || told != 1 {
		t.Errorf("a journal that can't be written: got %d %s", got.Code, got.Body)
	}
	if got := post(handler, pauseProd, bearer, goodBody); got.Code != 503 || !strings.Contains(got.Body.String(), "disk full") {
		t.Errorf("a journal that can't be written: got %d %s", got.Code, got.Body)
	}
}
