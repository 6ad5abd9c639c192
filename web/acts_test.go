package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web/access"
)

const (
	pauseProd  = "/api/v1/environments/prod/pause"
	resumeProd = "/api/v1/environments/prod/resume"
	goodBody   = `{"by": "ada", "reason": "INC-4711", "for": "2h"}`
)

func (r *rig) post(target, token, body string, header ...string) int {
	return r.request(http.MethodPost, target, token, body, header...).Code
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		got := r.request(http.MethodPost, pauseProd, "the-token", goodBody)
		want := record.Pause{Environment: "prod", By: "ada from 192.0.2.1", Reason: "INC-4711", Until: time.Now().UTC().Add(2 * time.Hour)}
		if got.Code != 200 || r.pauses.paused == nil {
			t.Fatalf("got %d %s", got.Code, got.Body)
		}
		if diff := cmp.Diff(want, *r.pauses.paused); diff != "" {
			t.Errorf("on record (-want +got):\n%s", diff)
		}
		var answer record.Pause
		if err := json.Unmarshal(got.Body.Bytes(), &answer); err != nil || !answer.Until.Equal(want.Until) {
			t.Errorf("answered %s", got.Body)
		}
		if diff := cmp.Diff([]string{"changed"}, r.told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// TestAShortPauseHasNotEnded asks for the shortest pause at the end of a second: it ends no sooner than it shall.
func TestAShortPauseHasNotEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(999_999_999)
		r := newRig(t, nil)
		code := r.post(pauseProd, "the-token", `{"by": "ada", "reason": "x", "for": "1s"}`)
		if length := time.Until(r.pauses.paused.Until); code != 200 || length < time.Second || length > 2*time.Second {
			t.Errorf("%d: paused for %s", code, length)
		}
	})
}

// TestPauseIsRefused wants nothing on record for any call that is wrong in one thing.
func TestPauseIsRefused(t *testing.T) {
	const token = "the-token"
	tests := []struct {
		name, path, token, body string
		status                  int
		text                    string
	}{
		{"no token", pauseProd, "", goodBody, 401, "needs the role operator"},
		{"wrong token", pauseProd, "the-toke", goodBody, 401, "not known"},
		{"a viewer", pauseProd, "ann-token", goodBody, 403, "ann has the role viewer"},
		{"unknown environment", "/api/v1/environments/prd/pause", token, goodBody, 404, "no environment prd"},
		{"unknown environment and no token", "/api/v1/environments/prd/pause", "", goodBody, 401, "needs the role"},
		{"no end", pauseProd, token, `{"by": "ada", "reason": "x"}`, 400, "needs an end"},
		{"too long", pauseProd, token, `{"by": "ada", "reason": "x", "for": "168h0m1s"}`, 400, "up to 168 h"},
		{"over before it begins", pauseProd, token, `{"by": "ada", "reason": "x", "for": "1ns"}`, 400, "lasts from 1s"},
		{"backwards", pauseProd, token, `{"by": "ada", "reason": "x", "for": "-1h"}`, 400, "up to 168 h"},
		{"no reason", pauseProd, token, `{"by": "ada", "for": "1h"}`, 400, "reason"},
		{"a reason of blanks", pauseProd, token, `{"by": "ada", "reason": " \t ", "for": "1h"}`, 400, "needs a reason"},
		{"nobody", pauseProd, token, `{"by": " ", "reason": "x", "for": "1h"}`, 400, "who asks"},
		{"nobody", pauseProd, token, `{"reason": "x", "for": "1h"}`, 400, "who asks"},
		{"two lines", pauseProd, token, `{"by": "ada", "reason": "x\ny", "for": "1h"}`, 400, "one line"},
		{"a reason that is written backwards", pauseProd, token, `{"by": "ada", "reason": "x\u202ey", "for": "1h"}`, 400, "one line"},
		{"a long reason", pauseProd, token, `{"by": "ada", "reason": "` + strings.Repeat("x", 501) + `", "for": "1h"}`, 400, "500 bytes"},
		{"a long body", pauseProd, token, `{"by": "` + strings.Repeat("x", 20<<10) + `"}`, 400, "too large"},
		{"unknown key", pauseProd, token, `{"by": "ada", "reason": "x", "for": "1h", "until": "x"}`, 400, "until"},
		{"no JSON", pauseProd, token, `for=1h`, 400, "read the request"},
		{"two documents", pauseProd, token, goodBody + goodBody, 400, "read the request"},
		{"resume without a pause", resumeProd, token, `{"by": "ada"}`, 409, "not paused"},
		{"reading a call", pauseProd + "d", token, goodBody, 404, ""},
	}
	for _, tt := range tests {
		r := newRig(t, nil)
		got := r.request(http.MethodPost, tt.path, tt.token, tt.body)
		if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.text) {
			t.Errorf("%s: got %d %s", tt.name, got.Code, got.Body)
		}
		if r.pauses.paused != nil || r.pauses.resumed != "" || r.told != nil {
			t.Errorf("%s: on record is %+v, told %v", tt.name, r.pauses, r.told)
		}
		if strings.Contains(got.Body.String(), token) {
			t.Errorf("%s: the answer shows the token", tt.name)
		}
	}
}

// TestActsNeedAWayToBeAnOperator shows tokens to a daemon whose file names none.
func TestActsNeedAWayToBeAnOperator(t *testing.T) {
	for name, tt := range map[string]struct {
		token func() (gateway.Secret, error)
		code  int
	}{
		"nothing":    {nil, 403},
		"no token":   {func() (gateway.Secret, error) { return gateway.Secret{}, nil }, 403},
		"unreadable": {func() (gateway.Secret, error) { return gateway.Secret{}, errors.New("no such file") }, 503},
	} {
		r := newRig(t, func(r *rig) { r.access = access.Config{APIToken: tt.token, Open: true, Hosts: []string{"example.com"}} })
		for _, token := range []string{"", "the-token"} {
			got := r.request(http.MethodPost, pauseProd, token, goodBody)
			if got.Code != tt.code || r.pauses.paused != nil || strings.Contains(got.Body.String(), "no such file") {
				t.Errorf("%s: got %d %s", name, got.Code, got.Body)
			}
		}
	}
}

// TestPauseBeforeTheFirstPass says that nothing is known yet, and not that there is no such environment.
func TestPauseBeforeTheFirstPass(t *testing.T) {
	r := newRig(t, func(r *rig) { r.status.Environments, r.ready = nil, false })
	if got := r.request(http.MethodPost, pauseProd, "the-token", goodBody); got.Code != 503 || !strings.Contains(got.Body.String(), "not read yet") {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
}

func TestResume(t *testing.T) {
	r := newRig(t, nil)
	r.pauses.paused = &record.Pause{}
	if code := r.post(resumeProd, "the-token", `{"by": "ada"}`); code != 200 || r.pauses.resumed != "ada from 192.0.2.1" || len(r.told) != 1 {
		t.Errorf("got %d, resumed by %q, told %v", code, r.pauses.resumed, r.told)
	}
	r.pauses.err = errors.New("disk full")
	for path, body := range map[string]string{resumeProd: `{"by": "ada"}`, pauseProd: goodBody, "/api/v1/sync": `{"by": "ada"}`} {
		got := r.request(http.MethodPost, path, "the-token", body)
		if got.Code != 503 || !strings.Contains(got.Body.String(), "disk full") || len(r.told) != 1 {
			t.Errorf("%s with a journal that can't be written: got %d %s, told %v", path, got.Code, got.Body, r.told)
		}
	}
}

// TestActsAreOnRecord wants each act in the journal with who it was, and done.
func TestActsAreOnRecord(t *testing.T) {
	for _, tt := range []struct {
		path, token, body string
		want              record.Act
		told              string
	}{
		{"/api/v1/sync", "bob-token", `{}`, record.Act{Kind: record.ActSync, By: "token bob from 192.0.2.1"}, "sync"},
		{"/api/v1/sync", "the-token", `{"by": "ada"}`, record.Act{Kind: record.ActSync, By: "ada from 192.0.2.1"}, "sync"},
		{"/api/v1/environments/prod/retry", "bob-token", `{"by": "ada"}`,
			record.Act{Kind: record.ActRetry, Environment: "prod", By: "ada by token bob from 192.0.2.1"}, "retry prod"},
	} {
		r := newRig(t, nil)
		// What curl says of everything that it sends.
		if code := r.post(tt.path, tt.token, tt.body, "Content-Type", "application/x-www-form-urlencoded"); code != 200 {
			t.Errorf("%s: %d", tt.path, code)
		}
		if diff := cmp.Diff([]record.Act{tt.want}, r.pauses.acts); diff != "" {
			t.Errorf("%s: on record (-want +got):\n%s", tt.path, diff)
		}
		if diff := cmp.Diff([]string{tt.told}, r.told); diff != "" {
			t.Errorf("%s: told (-want +got):\n%s", tt.path, diff)
		}
	}
}

// TestFormsOfThePage posts them as a browser does, with a session.
func TestFormsOfThePage(t *testing.T) {
	r := newRig(t, func(r *rig) {
		r.Trouble = func(w http.ResponseWriter, _ *http.Request, status int, detail string) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("a page: " + detail))
		}
	})
	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html", "Sec-Fetch-Site", "same-origin"}
	login := r.request(http.MethodPost, "/login", "", url.Values{"token": {"bob-token"}}.Encode(), form...)
	cookie := login.Result().Cookies()[0]
	form = append(form, "Cookie", cookie.Name+"="+cookie.Value)
	csrf := r.csrf(t, form)
	values := url.Values{"csrf": {csrf}, "reason": {"cut-over"}, "for": {"1h"}, "next": {"/environments/prod"}, "by": {"somebody else"}}
	got := r.request(http.MethodPost, pauseProd, "", values.Encode(), form...)
	if got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/environments/prod" {
		t.Errorf("answered %d to %s: %s", got.Code, got.Header().Get("Location"), got.Body)
	}
	if r.pauses.paused == nil || r.pauses.paused.By != "token bob from 192.0.2.1" || r.pauses.paused.Reason != "cut-over" {
		t.Errorf("on record is %+v", r.pauses.paused)
	}
	values.Set("reason", "")
	if got = r.request(http.MethodPost, pauseProd, "", values.Encode(), form...); got.Code != 400 || got.Body.String() != "a page: a pause needs a reason" {
		t.Errorf("a form that says too little: %d %s", got.Code, got.Body)
	}
	values.Del("csrf")
	if got = r.request(http.MethodPost, "/api/v1/sync", "", values.Encode(), form...); got.Code != 403 || len(r.pauses.acts) > 0 {
		t.Errorf("a form without its token: %d, on record is %v", got.Code, r.pauses.acts)
	}
	values.Set("csrf", csrf)
	values.Set("next", "https://evil.example")
	if got = r.request(http.MethodPost, "/api/v1/sync", "", values.Encode(), form...); got.Header().Get("Location") != "/" {
		t.Errorf("a form leads to %s", got.Header().Get("Location"))
	}
}

// csrf returns what forms of a session must send, as the page knows it.
func (r *rig) csrf(t *testing.T, header []string) string {
	t.Helper()
	var token string
	handler := r.Door.Guard(access.Viewer, "", http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { token = access.CSRF(req.Context()) }))
	serve(handler, http.MethodGet, "/", header)
	if token == "" {
		t.Fatal("the session has no token for forms")
	}
	return token
}
