package access

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/web/problem"
)

// LoginView is what a page about logging in shows.
type LoginView struct {
	Who     Who    // who is logged in already
	OIDC    bool   // the identity provider can be asked, at /oauth2/start?next=
	Tokens  bool   // a token can be shown, by a form that posts token and next to /login
	Next    string // the path to go on to
	Trouble string // why the last try, or what was asked for, came to nothing; empty: nothing is wrong
}

// LoginPage writes a page about logging in, with this status.
type LoginPage func(w http.ResponseWriter, req *http.Request, status int, view LoginView)

// longestForm bounds what is read of a form, in bytes.
const longestForm = 16 << 10

// ShowLogin answers GET /login with the ways to log in.
func (d *Door) ShowLogin(w http.ResponseWriter, req *http.Request) {
	d.show(w, req, http.StatusOK, req.FormValue("next"), "")
}

func (d *Door) show(w http.ResponseWriter, req *http.Request, status int, next, trouble string) {
	r := d.rules.Load()
	token, err := r.apiToken()
	d.view(w, req, status, LoginView{
		Who: Of(req.Context()), OIDC: r.oidc != nil, Tokens: len(r.config.Tokens) > 0 || err == nil && token.Resolved(),
		Next: Local(next), Trouble: trouble,
	})
}

// Login answers POST /login: it begins a session for who shows a token.
func (d *Door) Login(w http.ResponseWriter, req *http.Request) {
	r := d.rules.Load()
	req.Body = http.MaxBytesReader(w, req.Body, longestForm)
	next := Local(req.PostFormValue("next"))
	if !d.logins.Allow(addressOf(req, r.config.TrustedProxies)) {
		d.tooMany(w, req, next)
		return
	}
	who, stamp, err := r.byToken(strings.TrimSpace(req.PostFormValue("token")))
	if err == nil && who.Role < Viewer {
		err = errUnknown // a token for metrics shows no page
	}
	if errors.Is(err, errUnknown) {
		d.log.Warn("login refused", zap.Stringer("from", addressOf(req, r.config.TrustedProxies)))
		d.show(w, req, http.StatusUnauthorized, next, "this token is not known here")
		return
	}
	if err == nil {
		err = r.begin(w, who, stamp)
	}
	if err != nil {
		d.log.Error("login failed", zap.Error(err))
		d.show(w, req, http.StatusServiceUnavailable, next, "nobody can log in by a token now: the log of the daemon says why")
		return
	}
	d.log.Info("logged in", zap.String("name", who.Name), zap.String("role", who.roles()))
	http.Redirect(w, req, next, http.StatusSeeOther)
}

// Logout answers POST /logout: it ends the session, here and in the browser. Other replicas take a stolen copy of it until it ends by itself.
func (d *Door) Logout(w http.ResponseWriter, req *http.Request) {
	r := d.rules.Load()
	if s, ok := d.session(req, r); ok {
		d.ended.add(s)
	}
	r.setCookie(w, sessionCookie, "", 0)
	http.Redirect(w, req, "/", http.StatusSeeOther)
}

func (d *Door) tooMany(w http.ResponseWriter, req *http.Request, next string) {
	w.Header().Set("Retry-After", "10")
	const detail = "too many logins from this address: wait a little"
	if WantsPage(req) {
		d.show(w, req, http.StatusTooManyRequests, next, detail)
		return
	}
	problem.Write(w, http.StatusTooManyRequests, detail)
}

var plainPage = template.Must(template.New("login").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Log in to Sluice</title></head><body><main>
<h1>Log in to Sluice</h1>
{{with .Trouble}}<p role="alert">{{.}}</p>{{end}}
{{if .OIDC}}<p><a href="/oauth2/start?next={{.Next}}">Log in with your account</a></p>{{end}}
{{if .Tokens}}<form method="post" action="/login"><input type="hidden" name="next" value="{{.Next}}">
<p><label>Token <input type="password" name="token" autocomplete="current-password" required></label> <button>Log in</button></p></form>{{end}}
{{if not (or .OIDC .Tokens)}}<p>The daemon's file names no way to log in.</p>{{end}}
</main></body></html>
`))

// plainLogin shows a login without anything to please the eye.
func plainLogin(w http.ResponseWriter, _ *http.Request, status int, view LoginView) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// The status line is sent; a client that went away is its own affair.
	_ = plainPage.Execute(w, view)
}
