package web_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/web"
	"github.com/sluice-gitops/sluice/web/access"
)

func serve(handler http.Handler, method, target string, header []string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	return recorder
}

// lines is an answer that hands on each line that is flushed, and has deadlines.
type lines struct {
	*httptest.ResponseRecorder
	sent chan string
	gone atomic.Bool
}

func (l *lines) Write(b []byte) (int, error) {
	if l.gone.Load() {
		return 0, errors.New("broken pipe")
	}
	l.sent <- string(b)
	return len(b), nil
}

func (l *lines) SetReadDeadline(time.Time) error  { return nil }
func (l *lines) SetWriteDeadline(time.Time) error { return nil }

// follow asks for events, and returns what is sent. The channel is closed when the stream ends.
func (r *rig) follow(ctx context.Context, header ...string) (*lines, <-chan struct{}) {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/events", nil)
	req.Header.Set("Authorization", "Bearer ann-token")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	to, ended := &lines{ResponseRecorder: httptest.NewRecorder(), sent: make(chan string)}, make(chan struct{})
	go func() {
		defer close(ended)
		r.handler.ServeHTTP(to, req)
	}()
	return to, ended
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(r *rig) { r.Insight = &insights{rig: r, notices: make(chan insight.Notice)} })
		ctx, stop := context.WithCancel(t.Context())
		to, ended := r.follow(ctx)
		var got []string
		got = append(got, <-to.sent)
		notices := r.Insight.(*insights).notices
		for _, n := range []insight.Notice{{Environment: "prod", Commit: "abc", State: "a\nb"}, {}} {
			notices <- n
			got = append(got, <-to.sent)
		}
		begun := time.Now()
		got = append(got, <-to.sent)
		want := []string{
			"retry: 3000\n\n",
			"id: 1\nevent: change\ndata: {\"environment\":\"prod\",\"commit\":\"abc\",\"state\":\"a\\nb\"}\n\n",
			"id: 0\nevent: look-again\ndata: {}\n\n",
			": \n\n",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		if waited := time.Since(begun); waited > 15*time.Second {
			t.Errorf("the stream is silent for %v", waited)
		}
		if kind := to.Result().Header.Get("Content-Type"); kind != "text/event-stream" {
			t.Errorf("it is %s", kind)
		}
		stop()
		<-ended
	})
}

func TestAReaderWhoComesBackLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		to, ended := r.follow(t.Context(), "Last-Event-Id", "7")
		if got := <-to.sent; got != "retry: 3000\nid: 0\nevent: look-again\ndata: {}\n\n" {
			t.Errorf("sent %q", got)
		}
		r.handler.EndStreams()
		<-ended
		r.handler.EndStreams()
	})
}

// TestAStreamEndsWithItsReason takes the token away, and the reader.
func TestAStreamEndsWithItsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		to, ended := r.follow(t.Context())
		<-to.sent
		if err := r.Door.Set(access.Config{}); err != nil {
			t.Fatal(err)
		}
		<-ended
		r = newRig(t, nil)
		to, ended = r.follow(t.Context())
		<-to.sent
		to.gone.Store(true)
		<-ended
	})
}

func TestStreamsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		ctx, stop := context.WithCancel(t.Context())
		var last <-chan struct{}
		for range 200 {
			var to *lines
			to, last = r.follow(ctx)
			<-to.sent
		}
		if got := r.get("/api/v1/events"); got.Code != 503 || !strings.Contains(got.Body.String(), "200 streams") {
			t.Errorf("one more is answered %d %s", got.Code, got.Body)
		}
		stop()
		<-last
		synctest.Wait()
		to, _ := r.follow(t.Context())
		<-to.sent
		r.handler.EndStreams()
	})
}

// TestAStreamOutlivesTheBoundsOfAnAnswer asks a real server whose bounds are short.
func TestAStreamOutlivesTheBoundsOfAnAnswer(t *testing.T) {
	r := newRig(t, func(r *rig) { r.Insight = &insights{rig: r, notices: make(chan insight.Notice)} })
	server := httptest.NewUnstartedServer(r.handler)
	server.Config = web.Server(r.handler, zap.NewNop())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	server.Start()
	defer server.Close()
	defer r.handler.EndStreams()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ann-token")
	req.Header.Set("Accept-Encoding", "gzip")
	answer, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	reader, begun := bufio.NewReader(answer.Body), time.Now()
	for time.Since(begun) < 200*time.Millisecond {
		r.Insight.(*insights).notices <- insight.Notice{Environment: "prod"}
		for line := ""; !strings.HasPrefix(line, "data:"); {
			if line, err = reader.ReadString('\n'); err != nil {
				t.Fatalf("after %v: %v", time.Since(begun), err)
			}
		}
	}
}
