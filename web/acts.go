package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web/access"
)

// Acts is what can be asked for from outside. Who may is decided by the Door. On a replica that stands by, to record something is to let
// the leader record and do it.
type Acts struct {
	Record Record
	// Changed asks for a pass, Sync for one that looks at everything, and Retry for one that also tries again what failed or is held in an
	// environment.
	Changed, Sync func()
	Retry         func(environment string)
}

// Record is where it is written down what people have asked for; record.Journal is one.
type Record interface {
	Pause(record.Pause) error
	Resume(environment, by string) error
	Paused(environment string) (record.Pause, bool)
	Act(record.Act) error
}

// ActRequest is the body of the acts that have nothing more to say.
type ActRequest struct {
	By   string `json:"by,omitempty"`   // who asks; needed with the token of api.tokenFile, which several people may have
	Next string `json:"next,omitempty"` // of forms: the path to go on to
}

// longestText bounds the texts of a request, in bytes, and longestBody the request.
const (
	longestText = 500
	longestBody = 16 << 10
)

// acts are the routes that change something. All of them need an operator: of the environment that they name or, where they name none,
// of all.
func (h *Handler) acts() []Route {
	actRoute := func(path string, doc Doc, do func(*http.Request, PauseRequest, string) (any, error)) Route {
		route := Route{Pattern: "POST /api/v1" + path, Needs: access.Operator, Handler: h.act(do), Doc: &doc}
		if strings.Contains(path, "{name}") {
			route.In = "name"
		}
		return route
	}
	return []Route{
		actRoute("/sync", Doc{Summary: "Look at the config repo and at all gateways now", Body: ActRequest{}, Answer: record.Act{}}, h.sync),
		actRoute("/environments/{name}/retry", Doc{
			Summary: "Try again what has failed or is held in an environment", Body: ActRequest{}, Answer: record.Act{},
		}, h.retry),
		actRoute("/environments/{name}/pause", Doc{Summary: "Stop an environment for a time", Body: PauseRequest{}, Answer: record.Pause{}}, h.pause),
		actRoute("/environments/{name}/resume", Doc{Summary: "End the pause of an environment", Body: ActRequest{}, Answer: record.Pause{}}, h.resume),
	}
}

// act answers a request that changes something: programs get what was done, people who sent a form go on to where it says.
func (h *Handler) act(do func(req *http.Request, asked PauseRequest, by string) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked, err := readAct(w, req)
		if err == nil {
			err = h.isKnown(req)
		}
		var done any
		if err == nil {
			done, err = do(req, asked, access.Of(req.Context()).By(asked.By))
		}
		switch form := isForm(req); {
		case err != nil && form && h.config.Trouble != nil:
			h.config.Trouble(w, req, statusOf(err), err.Error())
		case err != nil:
			refuse(w, err)
		case form:
			http.Redirect(w, req, access.Local(asked.Next), http.StatusSeeOther)
		default:
			answer(w, req, done)
		}
	})
}

// isKnown returns why nothing can be done for the environment that a request names.
func (h *Handler) isKnown(req *http.Request) error {
	name := req.PathValue("name")
	_, known := h.config.Reconciler.Status().Environment(name)
	switch {
	case name == "" || known:
		return nil
	case !h.config.Reconciler.Ready():
		return &refused{http.StatusServiceUnavailable, "the config repo was not read yet"}
	}
	return &refused{http.StatusNotFound, "no environment " + name}
}

func (h *Handler) sync(_ *http.Request, _ PauseRequest, by string) (any, error) {
	return h.ask(record.Act{Kind: record.ActSync, By: by}, h.config.Acts.Sync)
}

func (h *Handler) retry(req *http.Request, _ PauseRequest, by string) (any, error) {
	name := req.PathValue("name")
	return h.ask(record.Act{Kind: record.ActRetry, Environment: name, By: by}, func() { h.config.Acts.Retry(name) })
}

// ask puts an act on record, and then lets it happen.
func (h *Handler) ask(act record.Act, do func()) (any, error) {
	if err := h.config.Acts.Record.Act(act); err != nil {
		return nil, &refused{http.StatusServiceUnavailable, err.Error()}
	}
	do()
	return act, nil
}

// readAct reads what a request that changes something says, as JSON or as a form.
func readAct(w http.ResponseWriter, req *http.Request) (PauseRequest, error) {
	var asked PauseRequest
	req.Body = http.MaxBytesReader(w, req.Body, longestBody)
	var err error
	if isForm(req) {
		err = req.ParseForm()
		asked = fromForm(req.PostForm)
	} else {
		decoder := json.NewDecoder(req.Body)
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&asked)
		if _, more := decoder.Token(); err == nil && more != io.EOF {
			err = errors.New("more follows than one document")
		}
	}
	if err != nil {
		return asked, &refused{http.StatusBadRequest, "read the request: " + err.Error()}
	}
	asked.By, asked.Reason = strings.TrimSpace(asked.By), strings.TrimSpace(asked.Reason)
	for _, text := range []string{asked.By, asked.Reason} {
		if len(text) > longestText || strings.ContainsFunc(text, misleads) {
			return asked, &refused{http.StatusBadRequest, fmt.Sprintf("by and reason are one line of up to %d bytes", longestText)}
		}
	}
	if asked.By == "" && access.Of(req.Context()).Via == access.ViaAPIToken && !isForm(req) {
		return asked, &refused{http.StatusBadRequest, `it must be known who asks: send {"by": "NAME"}`}
	}
	return asked, nil
}

// misleads reports whether a character makes a text look like another one: a new line, or one that turns the direction of writing.
func misleads(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

func fromForm(form url.Values) PauseRequest {
	return PauseRequest{Reason: form.Get("reason"), For: form.Get("for"), Next: form.Get("next")}
}

// isForm reports whether the body is that of a form of the page. Programs send JSON, whatever they say that it is.
func isForm(req *http.Request) bool {
	if access.CSRF(req.Context()) == "" {
		return false
	}
	kind, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind) == "application/x-www-form-urlencoded"
}
