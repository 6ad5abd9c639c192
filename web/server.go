package web

import (
	"net/http"
	"time"

	"go.uber.org/zap"
)

// The bounds on what a client can draw out. Streams of events put off the last two.
const (
	headerTime  = 5 * time.Second
	readTime    = 15 * time.Second
	writeTime   = 30 * time.Second
	idleTime    = time.Minute
	mostHeaders = 16 << 10
)

// Server returns a server with bounds on everything a client could draw out. Of connections that come to nothing it speaks at debug: anybody
// can make as many as they like.
func Server(handler http.Handler, log *zap.Logger) *http.Server {
	quiet, err := zap.NewStdLogAt(log, zap.DebugLevel)
	if err != nil { // no such level
		panic(err)
	}
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime,
		WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: mostHeaders,
		ErrorLog: quiet,
	}
}
