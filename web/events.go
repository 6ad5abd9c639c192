package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/web/access"
	"github.com/sluice-gitops/sluice/web/problem"
)

const (
	// mostStreams bounds how many streams of events there are at once.
	mostStreams = 200
	// heartbeat is how often a stream that has nothing to say shows that it lives. Then it is looked at whether its reader may still
	// read.
	heartbeat = 15 * time.Second
	// retryAfter is when a browser asks again after a stream has ended.
	retryAfter = 3 * time.Second
)

// events answers with a stream of what changes. A reader that comes back may have missed something, and is told to look at everything.
func (h *Handler) events(w http.ResponseWriter, req *http.Request) {
	select {
	case h.streams <- struct{}{}:
		defer func() { <-h.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		problem.Write(w, http.StatusServiceUnavailable, fmt.Sprintf("there are %d streams of events already", mostStreams))
		return
	}
	if h.config.Insight == nil {
		problem.Write(w, http.StatusNotFound, "nothing is answered at this address")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies hand each event on at once
	s := stream{ResponseController: http.NewResponseController(w), to: w}
	// What is read of a request has ended: the bound on it must not end the answer.
	if err := s.SetReadDeadline(time.Time{}); err != nil {
		problem.Write(w, http.StatusInternalServerError, "events can't be streamed over this connection")
		return
	}
	notices := h.config.Insight.Follow(req.Context())
	begin := fmt.Sprintf("retry: %d\n", retryAfter.Milliseconds())
	if req.Header.Get("Last-Event-Id") != "" {
		begin += lookAgain
	}
	if s.send(begin+"\n") == nil {
		h.pass(req, s, notices)
	}
}

const lookAgain = "id: 0\nevent: look-again\ndata: {}\n"

// pass hands on notices until the reader is gone, or may read no longer.
func (h *Handler) pass(req *http.Request, s stream, notices <-chan insight.Notice) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for number := 1; ; number++ {
		text := ": \n\n"
		select {
		case notice, open := <-notices:
			if !open {
				return
			}
			text = event(number, notice)
		case <-beat.C:
			if !h.config.Door.Allowed(req, access.Viewer) {
				return
			}
		case <-h.ending:
			return
		case <-req.Context().Done():
			return
		}
		if s.send(text) != nil {
			return
		}
	}
}

func event(number int, notice insight.Notice) string {
	if notice == (insight.Notice{}) {
		return lookAgain + "\n"
	}
	data, err := json.Marshal(notice) // one line: it has no newline that is not escaped
	if err != nil {
		return lookAgain + "\n"
	}
	return fmt.Sprintf("id: %d\nevent: change\ndata: %s\n\n", number, data)
}

// stream writes events, each within a bound of its own.
type stream struct {
	*http.ResponseController
	to http.ResponseWriter
}

func (s stream) send(text string) error {
	if err := s.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	if _, err := s.to.Write([]byte(text)); err != nil {
		return err
	}
	return s.Flush()
}
