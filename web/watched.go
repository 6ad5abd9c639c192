package web

import (
	"fmt"
	"net/http"
	"runtime"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/web/problem"
)

// watched logs each request at debug, and keeps a handler that panics from more than its own request. Of a request it logs the method and
// the path, and never what may hold a secret: the query, the header and the body.
func (h *Handler) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		begun, answer := time.Now(), &watchedWriter{ResponseWriter: w}
		log := h.config.Log.With(zap.String("method", req.Method), zap.String("path", req.URL.Path))
		defer func() {
			if cause := recover(); cause != nil {
				h.panicked(log, answer, cause)
			}
			log.Debug("answered", zap.Int("status", answer.status), zap.Duration("dur", time.Since(begun)))
		}()
		next.ServeHTTP(answer, req)
	})
}

// stackBytes is how much is logged of where a handler panicked.
const stackBytes = 16 << 10

// panicked says what went wrong by its kind and place. The cause itself may hold anything, a secret of the request included.
func (h *Handler) panicked(log *zap.Logger, answer *watchedWriter, cause any) {
	if cause == http.ErrAbortHandler {
		panic(cause) // a handler's own wish, which the server knows
	}
	stack := make([]byte, stackBytes)
	stack = stack[:runtime.Stack(stack, false)]
	log.Error("a request could not be answered: this is a mistake of the program", zap.String("kind", fmt.Sprintf("%T", cause)), zap.ByteString("stack", stack))
	if answer.status == 0 {
		problem.Write(answer, http.StatusInternalServerError, "this is a mistake of the program: the log says where")
	}
}

// watchedWriter notes the status of an answer.
type watchedWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *watchedWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the status is 200 where nothing else was said.
func (w *watchedWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
