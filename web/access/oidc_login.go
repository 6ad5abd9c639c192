package access

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// Start answers GET /oauth2/start: it sends the browser to the identity provider.
func (d *Door) Start(w http.ResponseWriter, req *http.Request) {
	r, next := d.rules.Load(), Local(req.FormValue("next"))
	if r.oidc == nil {
		d.show(w, req, http.StatusNotFound, next, "the daemon's file names no identity provider")
		return
	}
	if !d.logins.Allow(addressOf(req, r.config.TrustedProxies)) {
		d.tooMany(w, req, next)
		return
	}
	to, u, err := r.oidc.start(req.Context(), next)
	var sealed string
	if err == nil {
		sealed, err = r.sealer.seal(forLogin, u)
	}
	if err != nil {
		d.log.Error("login failed", zap.Error(err))
		d.show(w, req, http.StatusBadGateway, next, "the identity provider can't be asked now: the log of the daemon says why")
		return
	}
	r.setCookie(w, loginCookie, sealed, loginTime)
	http.Redirect(w, req, to, http.StatusSeeOther)
}

// Callback answers GET CallbackPath, where the identity provider sends the browser back to: it begins the session.
func (d *Door) Callback(w http.ResponseWriter, req *http.Request) {
	r := d.rules.Load()
	if r.oidc == nil {
		d.show(w, req, http.StatusNotFound, "/", "the daemon's file names no identity provider")
		return
	}
	if !d.logins.Allow(addressOf(req, r.config.TrustedProxies)) {
		d.tooMany(w, req, "/")
		return
	}
	u, known := r.loginUnderWay(req)
	r.setCookie(w, loginCookie, "", 0)
	if !known {
		d.show(w, req, http.StatusBadRequest, u.Next, "this login was not begun here, or took too long: begin it again")
		return
	}
	who, err := r.oidc.callback(req, u)
	if err == nil {
		err = r.begin(w, who, r.oidc.stamp(r.sealer))
	}
	switch {
	case errors.Is(err, errNoRole):
		d.log.Warn("login refused", zap.String("name", who.Name), zap.Error(err))
		d.show(w, req, http.StatusForbidden, u.Next, err.Error())
	case err != nil:
		d.log.Warn("login failed", zap.Error(err))
		d.show(w, req, http.StatusForbidden, u.Next, "the identity provider does not vouch for this login: the log of the daemon says why")
	default:
		d.log.Info("logged in", zap.String("name", who.Name), zap.String("role", who.roles()))
		http.Redirect(w, req, u.Next, http.StatusSeeOther)
	}
}

// callback returns whom the identity provider sent back.
func (p *provider) callback(req *http.Request, u underWay) (Who, error) {
	query := req.URL.Query()
	if code := query.Get("error"); code != "" {
		return Who{}, errors.New("the identity provider refused: " + word(code))
	}
	// RFC 9207: a provider that names itself must be the one that was asked.
	if issuer := query.Get("iss"); issuer != "" && issuer != p.config.Issuer {
		return Who{}, errors.New("another identity provider has answered")
	}
	return p.finish(req.Context(), query.Get("code"), u)
}

// loginUnderWay returns what the browser was given when it was sent away, when it brings the same state back in time.
func (r *rules) loginUnderWay(req *http.Request) (underWay, bool) {
	cookie, err := req.Cookie(r.cookieName(loginCookie))
	if err != nil {
		return underWay{}, false
	}
	var u underWay
	if !r.sealer.open(forLogin, cookie.Value, &u) || !time.Now().Before(u.Until) {
		return underWay{}, false
	}
	return u, subtle.ConstantTimeCompare([]byte(u.State), []byte(req.URL.Query().Get("state"))) == 1
}
