package replica

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// body is a request body of two pieces. Before the second one, the leadership is lost.
type body struct {
	pieces int
	lose   func()
}

func (b *body) Read(p []byte) (int, error) {
	switch b.pieces++; b.pieces {
	case 1:
	case 2:
		b.lose()
	default:
		return 0, io.EOF
	}
	n := min(len(p), 8<<10)
	return copy(p[:n], bytes.Repeat([]byte("x"), n)), nil
}

// TestFence: what is not a leader opens no connection, sends nothing on one that is open, and does not finish what it had begun.
func TestFence(t *testing.T) {
	var whole atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			whole.Add(1)
		}
	}))
	defer server.Close()
	var lost atomic.Bool
	leads := func() error {
		if lost.Load() {
			return ErrNotLeader
		}
		return nil
	}
	put := func(transport *http.Transport, b io.Reader) error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL, b)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(request)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		return err
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	Fence(transport, leads)
	if err := put(transport, bytes.NewReader(nil)); err != nil || whole.Load() != 1 {
		t.Fatalf("a leader: %v, %d requests arrived", err, whole.Load())
	}
	if err := put(transport, &body{lose: func() { lost.Store(true) }}); !errors.Is(err, ErrNotLeader) {
		t.Errorf("lost in the middle: %v", err)
	}
	lost.Store(false)
	if err := put(transport, bytes.NewReader(nil)); err != nil || whole.Load() != 2 {
		t.Fatalf("a leader again: %v, %d whole requests arrived", err, whole.Load())
	}
	lost.Store(true)
	if err := put(transport, bytes.NewReader(nil)); !errors.Is(err, ErrNotLeader) {
		t.Errorf("on an open connection: %v", err)
	}
	transport.CloseIdleConnections()
	if err := put(transport, bytes.NewReader(nil)); !errors.Is(err, ErrNotLeader) {
		t.Errorf("on a new connection: %v", err)
	}
	if whole.Load() != 2 {
		t.Errorf("%d whole requests arrived, want 2", whole.Load())
	}
}
