package web

import (
	"net/http"
	"slices"
	"sync"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/web/access"
	"github.com/sluice-gitops/sluice/web/problem"
)

// Config is what a Handler stands on.
type Config struct {
	Door       *access.Door
	Reconciler Reconciler
	Journal    Journal
	Insight    Insight
	Acts       Acts
	Routes     []Route // what others serve: the page, metrics, webhooks
	// Role says what this replica is, for /readyz, and what keeps it from its work; nil: it works alone.
	Role func() (string, error)
	// Troubles says what others are not told at the moment, for the body of /readyz; nil: nobody knows.
	Troubles func() []forge.Trouble
	// Nowhere shows people that there is no page at an address; nil: they get what programs get.
	Nowhere http.Handler
	// Trouble shows people what is wrong with a form that they sent; nil: they get what programs get.
	Trouble func(w http.ResponseWriter, req *http.Request, status int, detail string)
	Log     *zap.Logger // nil: none
}

// Handler answers everything that the daemon is asked. Make one with New; it is safe for concurrent use.
type Handler struct {
	config  Config
	routes  []Route
	answers http.Handler
	streams chan struct{} // holds a token for each stream of events
	ending  chan struct{} // closed when streams shall end
	end     sync.Once
}

// New returns a Handler for the routes of this package and those of config. Two routes of one pattern are a mistake of the program: it
// panics.
func New(config Config) *Handler {
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	h := &Handler{config: config, streams: make(chan struct{}, mostStreams), ending: make(chan struct{})}
	h.routes = slices.Concat(h.ownRoutes(), h.views(), h.acts(), config.Routes)
	mux := http.NewServeMux()
	for _, route := range h.routes {
		mux.Handle(route.Pattern, config.Door.Guard(route.Needs, route.In, route.Handler))
	}
	h.answers = h.watched(config.Door.Headers(compressed(h.orNowhere(mux))))
	return h
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, req *http.Request) { h.answers.ServeHTTP(w, req) }

// EndStreams ends all streams of events, for a server that is shut down.
func (h *Handler) EndStreams() { h.end.Do(func() { close(h.ending) }) }

// Routes returns everything that is answered, and what it needs.
func (h *Handler) Routes() []Route { return slices.Clone(h.routes) }

// ownRoutes are those that are no views and no acts.
func (h *Handler) ownRoutes() []Route {
	door := h.config.Door
	open := func(pattern string, answer http.HandlerFunc) Route { return Route{Pattern: pattern, Handler: answer} }
	return []Route{
		open("GET /healthz", h.alive),
		open("GET /readyz", h.ready),
		open("GET /login", door.ShowLogin),
		open("POST /login", door.Login),
		open("POST /logout", door.Logout),
		open("GET /oauth2/start", door.Start),
		open("GET "+access.CallbackPath, door.Callback),
		{Pattern: "GET /api/v1/openapi.json", Needs: access.Viewer, Handler: http.HandlerFunc(openAPI), Doc: &Doc{
			Summary: "This document", Answer: map[string]any{},
		}},
		{Pattern: "GET /api/v1/events", Needs: access.Viewer, Handler: http.HandlerFunc(h.events), Doc: &Doc{
			Summary: "What changes, as a stream of server-sent events: `change` with what to look at again, and `look-again` when that is everything",
		}},
	}
}

// orNowhere answers what no route is for: programs in the words of the API, and people who may look with a page.
func (h *Handler) orNowhere(mux *http.ServeMux) http.Handler {
	var page http.Handler
	if h.config.Nowhere != nil {
		page = h.config.Door.Guard(access.Viewer, "", h.config.Nowhere)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		handler, pattern := mux.Handler(req)
		if pattern != "" {
			mux.ServeHTTP(w, req)
			return
		}
		// The mux knows whether another method would do.
		refused := &unanswered{header: w.Header()}
		handler.ServeHTTP(refused, req)
		switch {
		case refused.status == http.StatusMethodNotAllowed:
			problem.Write(w, refused.status, "this method is not answered here: "+w.Header().Get("Allow")+" is")
		case refused.status >= 300 && refused.status < 400:
			w.WriteHeader(refused.status)
		case page != nil && access.WantsPage(req):
			w.Header().Del("Content-Type")
			page.ServeHTTP(w, req)
		default:
			problem.Write(w, http.StatusNotFound, "nothing is answered at this address")
		}
	})
}

// unanswered keeps the status and the header of an answer, and drops its body.
type unanswered struct {
	header http.Header
	status int
}

func (u *unanswered) Header() http.Header         { return u.header }
func (u *unanswered) WriteHeader(status int)      { u.status = status }
func (u *unanswered) Write(b []byte) (int, error) { return len(b), nil }
