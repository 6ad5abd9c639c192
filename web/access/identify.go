package access

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// errUnknown says that a request shows something that proves nothing.
var errUnknown = errors.New("this token is not known here")

// identify finds out who sent a request. The error is errUnknown for a token that is none, and else why it can't be known now.
func (d *Door) identify(req *http.Request, r *rules) (visit, error) {
	who := Who{Address: addressOf(req, r.config.TrustedProxies)}
	// Other schemes are those of proxies in front.
	if text, bearer := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer "); bearer {
		shown, _, err := r.byToken(text)
		shown.Address = who.Address
		if possible, _ := r.loginable(); possible || err == nil {
			return visit{who: shown}, err
		} // else there is no token that could be right
	}
	if s, ok := d.session(req, r); ok {
		who.Name, who.Role, who.Operates, who.Via = s.Name, s.Role, s.Operates, s.Via
		return visit{who: who, csrf: r.sealer.mark("csrf", s.ID)}, nil
	}
	if r.config.Open {
		who.Role, who.Via = Viewer, ViaOpen
	}
	return visit{who: who}, nil
}

// byToken returns who shows a token, and what a session that begins with it stands on.
func (r *rules) byToken(text string) (Who, string, error) {
	if token, ok := matching(r.config.Tokens, text); ok {
		return Who{Name: token.Name, Role: token.Role, Operates: token.Operates, Via: ViaToken}, token.stamp(r.sealer), nil
	}
	token, err := r.apiToken()
	if err != nil {
		return Who{}, "", err
	}
	if !token.Matches(text) {
		return Who{}, "", errUnknown
	}
	return Who{Name: "the API token", Role: Operator, Via: ViaAPIToken}, r.apiStamp(token.Reveal()), nil
}

func (r *rules) apiStamp(token string) string { return r.sealer.mark("api token", token) }

// stands reports whether what a session stands on is still so.
func (r *rules) stands(s session) bool {
	switch s.Via {
	case ViaLogin:
		return r.oidc != nil && s.Stamp == r.oidc.stamp(r.sealer)
	case ViaToken:
		for _, token := range r.config.Tokens {
			if token.stamp(r.sealer) == s.Stamp {
				return true
			}
		}
	case ViaAPIToken:
		token, err := r.apiToken()
		return err == nil && token.Resolved() && r.apiStamp(token.Reveal()) == s.Stamp
	}
	return false
}

// session returns the session of a request, when it has one that still counts.
func (d *Door) session(req *http.Request, r *rules) (session, bool) {
	cookie, err := req.Cookie(r.cookieName(sessionCookie))
	if err != nil {
		return session{}, false
	}
	var s session
	if !r.sealer.open(forSession, cookie.Value, &s) || !time.Now().Before(s.Until) || d.ended.has(s.ID) || !r.stands(s) {
		return session{}, false
	}
	return s, true
}
