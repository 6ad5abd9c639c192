package web

import (
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// Calls is what can be changed from outside, and by whom. The zero value lets nobody change anything.
type Calls struct {
	// Token returns what a caller must show, at each call anew. A secret that is not resolved turns the calls off; so does nil.
	Token  func() (gateway.Secret, error)
	Pauses Pauses
	// Changed is told after a change; nil tells nobody.
	Changed func()
}

// Pauses is where it is on record that an environment stands still; record.Journal is one.
type Pauses interface {
	Pause(record.Pause) error
	Resume(environment, by string) error
	Paused(environment string) (record.Pause, bool)
}

// call answers a request that may be made, for an environment that there is.
type call func(w http.ResponseWriter, req *http.Request, environment string)

// behindToken lets a call through to an environment that exists, for who shows the token.
func (c Calls) behindToken(r Reconciler, then call) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		var token gateway.Secret
		var err error
		if c.Token != nil {
			token, err = c.Token()
		}
		shown, bearer := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
		name := req.PathValue("name")
		switch _, known := r.Status().Environment(name); {
		case err != nil:
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		case !token.Resolved():
			http.Error(w, "this call is off: the daemon's file names no api.tokenFile", http.StatusForbidden)
		case !bearer || !token.Matches(shown):
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "this call needs the token of api.tokenFile", http.StatusUnauthorized)
		case !known && !r.Ready():
			http.Error(w, "the config repo was not read yet", http.StatusServiceUnavailable)
		case !known:
			http.Error(w, "no environment "+name, http.StatusNotFound)
		default:
			then(w, req, name)
		}
	}
}

func (c Calls) changed() {
	if c.Changed != nil {
		c.Changed()
	}
}
