package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/notify"
	"github.com/sluice-gitops/sluice/record"
)

const address = "https://hooks.acme.com/services/T0/B0/s3cret"

// place is where messages go: it answers as it is told, and keeps what came.
type place struct {
	answer func(n int, w http.ResponseWriter) // n: from 1
	err    error
	came   []came
}

type came struct {
	header http.Header
	body   string
	at     time.Time
}

func (p *place) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.String() != address || r.Method != http.MethodPost {
		return nil, errors.New("not what was to be sent")
	}
	p.came = append(p.came, came{r.Header, string(body), time.Now()})
	recorder := httptest.NewRecorder()
	if p.answer != nil {
		p.answer(len(p.came), recorder)
	}
	if p.err != nil {
		return nil, p.err
	}
	return recorder.Result(), nil
}

func secret(text string) func() (gateway.Secret, error) {
	return func() (gateway.Secret, error) { return gateway.NewSecret("", text), nil }
}

func config(kind string, p *place) notify.Config {
	return notify.Config{Name: "ops", Type: kind, Address: secret(address), Key: secret("k3y"), Transport: p, Repository: "https://git.acme.com/gateways.git"}
}

func ended(state record.State) record.Entry {
	return record.Entry{
		ID: 7, Commit: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", Subject: "Raise <the> limit", Author: "Ada", Environment: "prod", State: state,
		Text: "1 updated", Finished: time.Now(),
	}
}

func open(t *testing.T) *record.Journal {
	t.Helper()
	j, err := record.Open(filepath.Join(t.TempDir(), "journal"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// tell notes entries and lets the receiver work for so long.
func tell(t *testing.T, c notify.Config, long time.Duration, entries ...record.Entry) {
	t.Helper()
	j := open(t)
	f := notify.New(c).Feed(j)
	f.All = true
	for _, e := range entries {
		if err := j.Note(e); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	f.Run(ctx, nil)
}

func TestWants(t *testing.T) {
	tests := []struct {
		name         string
		environments []string
		states       []record.State
		env          string
		state        record.State
		want         bool
	}{
		{"all environments, the usual states", nil, nil, "uat", record.Failed, true},
		{"success is among them", nil, nil, "uat", record.Applied, true},
		{"what changed nothing is not", nil, nil, "uat", record.Unchanged, false},
		{"what was jumped over is not", nil, nil, "uat", record.Superseded, false},
		{"unless asked for", nil, []record.State{record.Superseded}, "uat", record.Superseded, true},
		{"another state", nil, []record.State{record.Failed}, "uat", record.Held, false},
		{"another environment", []string{"prod"}, nil, "uat", record.Failed, false},
		{"a glob", []string{"test", "prod-*"}, nil, "prod-eu", record.Failed, true},
		{"a glob is whole", []string{"prod"}, nil, "prod-eu", record.Failed, false},
	}
	for _, tt := range tests {
		r := notify.New(notify.Config{Environments: tt.environments, States: tt.states})
		if got := r.Wants(record.Entry{Environment: tt.env, State: tt.state}); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

func TestWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{}
		c := config(notify.Webhook, p)
		c.Page = func(e record.Entry) string { return "https://sluice.acme.com/" + e.Environment }
		e := ended(record.RolledBack)
		e.Restores, e.Error = "9f8e7d6", "probe users: 502"
		tell(t, c, time.Minute, e)
		if len(p.came) != 1 {
			t.Fatalf("%d messages came", len(p.came))
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(p.came[0].body), &got); err != nil {
			t.Fatal(err)
		}
		at := e.Finished.UTC().Format(time.RFC3339Nano)
		want := map[string]any{"type": "commit.rolled-back", "timestamp": at, "data": map[string]any{
			"repository": "https://git.acme.com/gateways.git", "environment": "prod", "commit": e.Commit, "subject": e.Subject, "author": "Ada",
			"state": "rolled-back", "text": "1 updated", "error": "probe users: 502", "restores": "9f8e7d6", "started": at, "url": "https://sluice.acme.com/prod",
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		if id := p.came[0].header.Get("webhook-id"); !strings.HasPrefix(id, "msg_") || p.came[0].header.Get("webhook-timestamp") == "" {
			t.Errorf("headers %v", p.came[0].header)
		}
	})
}

// TestOneEndHasOneID: whoever is told an end twice can see that.
func TestOneEndHasOneID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{answer: func(n int, w http.ResponseWriter) {
			if n == 1 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}}
		other := ended(record.Failed)
		other.Environment = "uat"
		tell(t, config(notify.Webhook, p), time.Minute, ended(record.Failed), other)
		if len(p.came) != 3 {
			t.Fatalf("%d messages came", len(p.came))
		}
		ids := []string{}
		for _, c := range p.came {
			ids = append(ids, c.header.Get("webhook-id"))
		}
		if ids[0] != ids[1] || ids[1] == ids[2] {
			t.Errorf("ids %v", ids)
		}
		if p.came[0].header.Get("webhook-signature") == p.came[1].header.Get("webhook-signature") {
			t.Error("the signature of a later try does not cover its time")
		}
	})
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name  string
		code  int
		retry string
		err   error
		again time.Duration // when it is sent again; 0: never
		says  string
	}{
		{"taken", 204, "", nil, 0, ""},
		{"refused for good", 400, "", nil, 0, "400: no *** here"},
		{"too large", 413, "", nil, 0, "413"},
		{"gone, which a person may mend", 410, "", nil, time.Second, "410"},
		{"forbidden", 403, "", nil, time.Second, "403"},
		{"moved", 302, "", nil, time.Second, "302: Found"},
		{"in trouble", 500, "", nil, time.Second, "500"},
		{"too many", 429, "30", nil, 30 * time.Second, "429"},
		{"for ever and ever", 429, "99999999", nil, time.Hour, "429"},
		{"silent", 0, "", context.DeadlineExceeded, time.Second, "no answer in time"},
		{"out of reach", 0, "", errors.New("connection refused"), time.Second, "connection refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &place{}
				p.answer = func(n int, w http.ResponseWriter) {
					if p.err = nil; n > 1 {
						return
					}
					if p.err = tt.err; tt.err != nil {
						return
					}
					if tt.retry != "" {
						w.Header().Set("Retry-After", tt.retry)
					}
					w.Header().Set("Location", "https://elsewhere.acme.com")
					w.WriteHeader(tt.code)
					io.WriteString(w, "no\n"+address+" here")
				}
				core, logs := observer.New(zap.DebugLevel)
				c := config(notify.Slack, p)
				c.Log = zap.New(core)
				tell(t, c, 2*time.Hour, ended(record.Failed))
				said := ""
				for _, line := range logs.All() {
					text, err := json.Marshal(line.ContextMap())
					if err != nil {
						t.Fatal(err)
					}
					said += line.Message + string(text)
				}
				if strings.Contains(said, "s3cret") || !strings.Contains(said, tt.says) {
					t.Errorf("the log says %s", said)
				}
				switch {
				case tt.again == 0 && len(p.came) != 1:
					t.Errorf("sent %d times", len(p.came))
				case tt.again > 0 && (len(p.came) != 2 || p.came[1].at.Sub(p.came[0].at) != tt.again):
					t.Errorf("sent %d times", len(p.came))
				}
			})
		})
	}
}

func TestWhatIsTooOldIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{}
		old := ended(record.Failed)
		time.Sleep(8 * 24 * time.Hour)
		tell(t, config(notify.Slack, p), time.Minute, old, ended(record.Failed))
		if len(p.came) != 1 {
			t.Errorf("%d messages came", len(p.came))
		}
	})
}

func TestSlack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{}
		c := config(notify.Slack, p)
		c.Page = func(record.Entry) string { return "https://sluice.acme.com/c?a=1&b=2" }
		loud := ended(record.Held)
		loud.Subject, loud.Text, loud.Error = "Call <!channel> and @here", "guard maxDeletes: 12 deletes", "guard maxDeletes: 12 deletes\n\thint: allow it"
		tell(t, c, time.Minute, ended(record.Applied), loud)
		if len(p.came) != 2 {
			t.Fatalf("%d messages came", len(p.came))
		}
		link := "<https://sluice.acme.com/c?a=1&amp;b=2|1a2b3c4>"
		for i, want := range []string{
			":white_check_mark: *prod* applied: " + link + " Raise &lt;the&gt; limit (Ada)\n1 updated",
			":raised_hand: *prod* held: " + link + " Call &lt;!channel&gt; and @\u200bhere (Ada)\nguard maxDeletes: 12 deletes\n" +
				">guard maxDeletes: 12 deletes\n>\thint: allow it",
		} {
			var got map[string]string
			if err := json.Unmarshal([]byte(p.came[i].body), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"text": want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		if apart := p.came[1].at.Sub(p.came[0].at); apart < time.Second {
			t.Errorf("two messages are %s apart", apart)
		}
	})
}

// TestAMissingKeySendsNothing: a webhook is signed, or not sent.
func TestAMissingKeySendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, key := range []func() (gateway.Secret, error){
			func() (gateway.Secret, error) { return gateway.Secret{}, errors.New("no such file") },
			secret("whsec_"), secret("whsec_not base64"),
		} {
			p := &place{}
			c := config(notify.Webhook, p)
			c.Key = key
			tell(t, c, time.Minute, ended(record.Failed))
			if len(p.came) != 0 {
				t.Errorf("sent %+v", p.came)
			}
		}
	})
}
