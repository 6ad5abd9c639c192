package access

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/web/problem"
)

// Guard returns a handler that lets requests through to next when whoever sends them has the role, and tells next who it is. In names the
// part of the route's pattern that holds the environment in which the role must be theirs; empty: it must be everywhere. What needs nobody is
// open to all. A request that changes something must come from a page of this server or from no browser at all; where a cookie
// says who asks, it must show the token of the session as well.
func (d *Door) Guard(needs Role, in string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r := d.rules.Load()
		v, err := d.identify(req, r)
		if needs == Nobody && err != nil {
			err = nil
		}
		if err == nil {
			err = d.may(req, r, v, needs, environmentOf(req, in))
		}
		if err != nil {
			d.refuse(w, req, v, err)
			return
		}
		next.ServeHTTP(w, req.WithContext(with(req.Context(), v)))
	})
}

func environmentOf(req *http.Request, part string) string {
	if part == "" {
		return ""
	}
	return req.PathValue(part)
}

// Allowed reports whether the request would be let through now by a role that is theirs everywhere; for answers that go on for long, or that tell some more than others.
func (d *Door) Allowed(req *http.Request, needs Role) bool {
	r := d.rules.Load()
	v, err := d.identify(req, r)
	return err == nil && d.may(req, r, v, needs, "") == nil
}

// refusal is why a request is not let through.
type refusal struct {
	status int
	detail string
	login  bool // logging in could help
}

// Error returns the detail.
func (e *refusal) Error() string { return e.detail }

// may returns why a request of somebody is not let through, nil when it is. Environment is where the role must be theirs; empty: everywhere.
func (d *Door) may(req *http.Request, r *rules, v visit, needs Role, environment string) error {
	if needs > Nobody && v.who.Via == ViaOpen && !hostKnown(req, r.hosts) {
		return &refusal{status: http.StatusMisdirectedRequest,
			detail: fmt.Sprintf("the host name %q is not known here: nobody logs in here, so name it in access.hosts or publicURL of the daemon's file", req.Host)}
	}
	if !v.who.May(needs, environment) {
		return r.tooLittle(v.who, needs, environment)
	}
	byToken := v.csrf == "" && (v.who.Via == ViaToken || v.who.Via == ViaAPIToken)
	if isSafe(req.Method) || byToken {
		return nil // no browser sends a token by itself
	}
	if err := r.cross.Check(req); err != nil {
		return &refusal{status: http.StatusForbidden, detail: "the request comes from a page of another site"}
	}
	if needs > Nobody && !sendsCSRF(req, v.csrf) {
		return &refusal{status: http.StatusForbidden, detail: "the request does not show the token of its session: load the page again", login: true}
	}
	return nil
}

// tooLittle says what who lacks for a role.
func (r *rules) tooLittle(who Who, needs Role, environment string) error {
	if who.Via != "" && who.Via != ViaOpen {
		where := ""
		if len(who.Operates) > 0 && needs == Operator {
			where = " everywhere"
			if environment != "" {
				where = " of " + environment
			}
		}
		return &refusal{status: http.StatusForbidden, detail: fmt.Sprintf("this needs the role %s%s, and %s has the role %s", needs, where, who.Name, who.roles())}
	}
	possible, err := r.loginable()
	switch {
	case err != nil:
		return err
	case !possible:
		return &refusal{status: http.StatusForbidden,
			detail: fmt.Sprintf("this is off: it needs the role %s, and the daemon's file gives nobody a way to log in (access, or api.tokenFile)", needs)}
	}
	return &refusal{status: http.StatusUnauthorized, detail: fmt.Sprintf("this needs the role %s: show a token, or log in", needs), login: true}
}

// refuse answers programs with a problem, and sends people to where they can do something about it.
func (d *Door) refuse(w http.ResponseWriter, req *http.Request, v visit, err error) {
	why, known := errors.AsType[*refusal](err)
	switch {
	case errors.Is(err, errUnknown):
		why = &refusal{status: http.StatusUnauthorized, detail: err.Error()}
	case !known:
		d.log.Error("who asks can't be known", zap.Error(err))
		why = &refusal{status: http.StatusServiceUnavailable, detail: "who asks can't be known now: the log says why"}
	}
	if why.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="sluice"`)
	}
	switch {
	case !WantsPage(req):
		problem.Write(w, why.status, why.detail)
	case why.status == http.StatusUnauthorized && why.login:
		http.Redirect(w, req, "/login?next="+url.QueryEscape(comesFrom(req)), http.StatusSeeOther)
	default:
		d.show(w, req.WithContext(with(req.Context(), v)), why.status, comesFrom(req), why.detail)
	}
}

// comesFrom returns the page to which somebody wants to go on after a login.
func comesFrom(req *http.Request) string {
	if isSafe(req.Method) {
		return Local(req.URL.RequestURI())
	}
	return Local(req.PostFormValue("next"))
}

// Local returns a path of this server as it is, and "/" for everything else.
func Local(next string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// WantsPage reports whether a person with a browser waits for the answer.
func WantsPage(req *http.Request) bool {
	return strings.Contains(req.Header.Get("Accept"), "text/html")
}
