package page

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/insight"
)

// Handler answers with pages. Make one with New. It is safe for use by several goroutines at once.
type Handler struct {
	insight   Insight
	visitor   func(*http.Request) Visitor
	version   string
	now       func() time.Time
	log       *zap.Logger
	assets    assets
	templates *template.Template
	mux       *http.ServeMux
	zips      sync.Pool // of *gzip.Writer
}

// New returns a Handler. It panics when what is embedded is broken, which a test would have seen.
func New(config Config) *Handler {
	h := &Handler{insight: config.Insight, visitor: config.Visitor, version: config.Version, now: config.Now, log: config.Log, mux: http.NewServeMux()}
	if h.visitor == nil {
		h.visitor = func(*http.Request) Visitor { return Visitor{} }
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.log == nil {
		h.log = zap.NewNop()
	}
	var err error
	if h.assets, err = readAssets(assetFiles); err != nil {
		panic(err)
	}
	h.templates = template.Must(template.New("").Funcs(h.functions()).ParseFS(templateFiles, "templates/*.html"))
	for pattern, v := range h.views() {
		h.mux.HandleFunc(pattern, h.show(v))
	}
	h.mux.HandleFunc("GET /assets/{file}", h.assets.serve)
	h.mux.HandleFunc("GET /", h.nowhere)
	return h
}

// ServeHTTP answers with a page, or an asset.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// view makes a page of a request.
type view struct {
	show       func(*http.Request) (frame, error)
	parameters []string // that its address may carry
}

// views are the pages by their patterns.
func (h *Handler) views() map[string]view {
	list := []string{"text", "only", "offset"}
	past := []string{"environment", "group", "whole", "state", "reason", "author", "commit", "resource", "text", "since", "until", "before"}
	return map[string]view{
		"GET /{$}":                {h.overview, nil},
		"GET /environments/{env}": {h.environment, list},
		"GET /environments/{env}/commits/{commit}":         {h.turn, nil},
		"GET /environments/{env}/commits/{commit}/changes": {h.changes, []string{"offset"}},
		"GET /environments/{env}/commits/{commit}/plan":    {h.plan, []string{"offset"}},
		"GET /groups":                   {h.groups, append([]string{"environment"}, list...)},
		"GET /groups/{group}":           {h.group, []string{"environment"}},
		"GET /groups/{group}/instances": {h.instances, []string{"environment"}},
		"GET /groups/{group}/live":      {h.live, []string{"environment", "text", "kind", "state", "fresh", "offset"}},
		"GET /history":                  {h.history, past},
		"GET /skew":                     {h.skew, []string{"environment", "first", "second", "all", "offset"}},
		"GET /resources":                {h.resource, []string{"environment", "group", "resource", "before"}},
	}
}

// Patterns returns what a Handler answers, as patterns of http.ServeMux. All but the assets show what the daemon knows.
func Patterns() []string {
	patterns := []string{"GET /assets/{file}"}
	for pattern := range (&Handler{}).views() {
		patterns = append(patterns, pattern)
	}
	return patterns
}

// askTime bounds how long a page may take to be read, before it says so: less than the server gives it to be written.
const askTime = 25 * time.Second

func (h *Handler) show(v view) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askTime)
		defer cancel()
		var f frame
		err := checkQuery(r, v.parameters)
		if err == nil {
			f, err = v.show(r.WithContext(ctx))
		}
		switch {
		case err == nil:
			h.write(w, r, http.StatusOK, f)
		case r.Context().Err() == nil:
			h.fault(w, r, err)
		}
	}
}

// fault shows what went wrong, and what to do.
func (h *Handler) fault(w http.ResponseWriter, r *http.Request, err error) {
	missing, query := &insight.NotFoundError{}, &insight.QueryError{}
	switch {
	case errors.As(err, &missing):
		h.Notice(w, r, http.StatusNotFound, Notice{
			Title: "Not here", Text: "There is no " + missing.What + ".",
			Hint: "It may have been renamed or taken out of the config repo. What was is in the history.", Action: Action{"To the history", "/history"}, Live: true,
		})
	case errors.As(err, &query):
		h.Notice(w, r, http.StatusBadRequest, Notice{
			Title: "That can't be asked", Text: query.Error(), Hint: "Correct it in the address, or begin anew.", Action: Action{"Begin anew", r.URL.Path},
		})
	case errors.Is(err, context.DeadlineExceeded):
		h.Notice(w, r, http.StatusServiceUnavailable, Notice{
			Title: "That took too long", Text: err.Error(), Hint: "A gateway or the disk is slow. Try again; nothing was changed.", Action: Action{"Try again", r.URL.RequestURI()}, Live: true,
		})
	default:
		h.log.Warn("page not shown", zap.String("path", r.URL.Path), zap.Error(err))
		h.Notice(w, r, http.StatusServiceUnavailable, Notice{
			Title: "That could not be read", Text: err.Error(), Hint: "Nothing is shown rather than half of it. Try again; what persists is in the log.", Action: Action{"Try again", r.URL.RequestURI()}, Live: true,
		})
	}
}

func (h *Handler) nowhere(w http.ResponseWriter, r *http.Request) {
	h.Notice(w, r, http.StatusNotFound, Notice{
		Title: "Not here", Text: "There is no page at this address.", Action: Action{"To the overview", "/"},
	})
}
