package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// compressed sends answers through gzip to clients that take it, where that is worth while. Streams and what is compressed already go as
// they are. Tokens in forms are masked, so that the length of an answer tells nothing of them.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !takesGzip(req) || req.Method == http.MethodHead {
			next.ServeHTTP(w, req)
			return
		}
		answer := &gzipWriter{ResponseWriter: w}
		next.ServeHTTP(answer, req)
		answer.close()
	})
}

func takesGzip(req *http.Request) bool {
	for _, coding := range strings.Split(strings.Join(req.Header.Values("Accept-Encoding"), ","), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name == "gzip" && strings.ReplaceAll(quality, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// gzipWriter compresses what is written, unless the header says that it should not.
type gzipWriter struct {
	http.ResponseWriter
	into    *gzip.Writer
	decided bool
}

// WriteHeader decides whether the answer is compressed.
func (w *gzipWriter) WriteHeader(status int) {
	header := w.Header()
	if !w.decided {
		w.decided = true
		header.Add("Vary", "Accept-Encoding")
		if status != http.StatusNotModified && status != http.StatusNoContent && header.Get("Content-Encoding") == "" && isText(header.Get("Content-Type")) {
			header.Set("Content-Encoding", "gzip")
			header.Del("Content-Length")
			w.into = gzip.NewWriter(w.ResponseWriter)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// isText reports whether a content gets much smaller by compression, and is no stream.
func isText(kind string) bool {
	for _, prefix := range []string{"application/json", "application/problem+json", "text/html", "text/plain", "text/css", "text/javascript", "image/svg+xml"} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

// Write compresses, where that was decided.
func (w *gzipWriter) Write(b []byte) (int, error) {
	if !w.decided {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(b))
		}
		w.WriteHeader(http.StatusOK)
	}
	var to io.Writer = w.ResponseWriter
	if w.into != nil {
		to = w.into
	}
	return to.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *gzipWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *gzipWriter) close() {
	if w.into != nil {
		_ = w.into.Close() // a client that went away is its own affair
	}
}
