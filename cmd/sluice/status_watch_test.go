package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
)

// statusOf is a status of one environment with one gateway group.
func statusOf(state, target, applied string, drift int) reconciler.Status {
	return reconciler.Status{Environments: []reconciler.EnvironmentStatus{{
		Name: "prod", State: state, Target: target, Applied: applied,
		Groups: []reconciler.GroupStatus{{Name: "eu", State: state, Applied: applied, Digest: "d1", Drift: drift}},
	}}}
}

// TestWatchPrintsEachChangeOnce lets a daemon change, stand still, go away and come back, and tells each once.
func TestWatchPrintsEachChangeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []any{
			statusOf("queued", "c1", "", 0), statusOf("queued", "c1", "", 0), statusOf("applied", "c1", "c1", 0),
			errors.New("nobody there"), errors.New("nobody there"), statusOf("applied", "c1", "c1", 0),
			statusOf("applied", "c1", "c1", 2), statusOf("applied", "c1", "c1", 2),
		}
		var out, trouble bytes.Buffer
		a := &app{stdout: &out}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		asked := 0
		w := statusWatch{
			ask: func(context.Context) (reconciler.Status, error) {
				answer := answers[min(asked, len(answers)-1)]
				if asked++; asked == len(answers)+5 {
					cancel()
				}
				if err, wrong := answer.(error); wrong {
					return reconciler.Status{}, err
				}
				return answer.(reconciler.Status), nil
			},
			show:    a.printChanges,
			trouble: func(err error) { trouble.WriteString(err.Error() + "\n") },
		}
		began := time.Now()
		if err := w.run(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 12*watchEvery {
			t.Errorf("asked %d times in %s", asked, took)
		}
		var lines []string
		for line := range strings.Lines(out.String()) {
			_, text, _ := strings.Cut(line, " ")
			lines = append(lines, text)
		}
		want := []string{
			"prod: queued c1, runs nothing\n",
			"prod: applied c1, runs c1\n", "prod/eu: applied, runs c1; digest d1\n",
			"prod: applied c1, runs c1\n",
			"prod/eu: applied, runs c1; digest d1; 2 resources drifted\n",
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("lines (-want +got)\n%s", diff)
		}
		if trouble.String() != "nobody there\n" {
			t.Errorf("trouble: %q", trouble.String())
		}
	})
}

// TestRedrawEmptiesTheScreen shows the whole each time.
func TestRedrawEmptiesTheScreen(t *testing.T) {
	var out bytes.Buffer
	a := &app{stdout: &out}
	for range 2 {
		if err := a.redraw(reconciler.Status{}, statusOf("applied", "c1", "c1", 0)); err != nil {
			t.Fatal(err)
		}
	}
	if text := out.String(); strings.Count(text, clearScreen) != 2 || strings.Count(text, "prod  applied  c1  runs c1") != 2 {
		t.Errorf("%q", text)
	}
}

// endless ends a context at the first write.
type endless struct {
	bytes.Buffer
	end context.CancelFunc
}

func (e *endless) Write(p []byte) (int, error) {
	defer e.end()
	return e.Buffer.Write(p)
}

// TestWatchAsksTheDaemon goes over HTTP, once for each format.
func TestWatchAsksTheDaemon(t *testing.T) {
	daemon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/status" {
			http.NotFound(w, r)
			return
		}
		if err := json.NewEncoder(w).Encode(statusOf("applied", "c1", "c1", 0)); err != nil {
			t.Error(err)
		}
	}))
	defer daemon.Close()
	for format, want := range map[string]string{"text": "prod: applied c1, runs c1\n", "json": `{"head":"","environments":[{"name":"prod",`, "yaml": "---\n"} {
		ctx, cancel := context.WithCancel(t.Context())
		out := &endless{end: cancel}
		a := &app{stdout: out, stderr: io.Discard}
		if err := a.watchStatus(ctx, caller{server: strings.TrimPrefix(daemon.URL, "http://") + "/"}, format); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v\n%s", format, err, out)
		}
	}
	var trouble bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	told := &endless{end: cancel}
	a := &app{stdout: &trouble, stderr: told}
	if err := a.watchStatus(ctx, caller{server: daemon.URL + "/elsewhere"}, "text"); err != nil || !strings.Contains(told.String(), "404 Not Found: 404 page not found; asking on") {
		t.Errorf("%v, told %q", err, told)
	}
}
