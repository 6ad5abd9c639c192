package access

import (
	"context"
	"net/netip"
	"slices"
	"strings"
)

// Who is whoever sent a request. The zero value is somebody of whom nothing is known, and who may do nothing.
type Who struct {
	Name string `json:"name,omitempty"` // empty when nobody has logged in
	Role Role   `json:"role"`           // what they may do: nobody, scraper, viewer or operator
	Via  Via    `json:"via,omitempty"`  // how it is known: token, api-token, login, or open when nobody has to log in
	// Operates names the environments in which they may act as an operator, whose role is viewer elsewhere; empty: the role is the same
	// everywhere.
	Operates []string `json:"operates,omitempty"`
	// Address is where the request came from, as far as trusted proxies say.
	Address netip.Addr `json:"address,omitzero"`
}

// Via says how it is known who asks.
type Via string

// How it is known who asks.
const (
	ViaOpen     Via = "open"      // nobody has to log in to read
	ViaToken    Via = "token"     // a token of access.tokens
	ViaAPIToken Via = "api-token" // the token of api.tokenFile, which several people may have
	ViaLogin    Via = "login"     // the identity provider said so
)

// By names who asks, for the record. Claimed is the name that the request gives itself: it is believed where nothing better is known.
func (w Who) By(claimed string) string {
	by := w.Name
	switch {
	case w.Via == ViaAPIToken && claimed != "":
		by = claimed
	case w.Via == ViaToken && claimed != "":
		by = claimed + " by token " + w.Name
	case w.Via == ViaToken:
		by = "token " + w.Name
	}
	if w.Address.IsValid() {
		by += " from " + w.Address.String()
	}
	return by
}

// May reports whether they have a role in an environment; empty: everywhere.
func (w Who) May(needs Role, environment string) bool {
	return w.Role >= needs || needs == Operator && w.Role == Viewer && environment != "" && slices.Contains(w.Operates, environment)
}

// roles says what somebody may do, in words.
func (w Who) roles() string {
	if len(w.Operates) == 0 {
		return w.Role.String()
	}
	return w.Role.String() + ", and operator of " + strings.Join(w.Operates, ", ")
}

// visit is what the Door has found out about a request.
type visit struct {
	who  Who
	csrf string // of the session; empty where there is none
}

type visitKey struct{}

func with(ctx context.Context, v visit) context.Context { return context.WithValue(ctx, visitKey{}, v) }

// Of returns who sent the request of ctx; the zero Who outside of a Door.
func Of(ctx context.Context) Who {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v.who
}

// CSRF returns what a form must send along in the field CSRFField, or a script in the header CSRFHeader: another text at each call for
// the same session. It is empty where no session is.
func CSRF(ctx context.Context) string {
	v, _ := ctx.Value(visitKey{}).(visit)
	return mask(v.csrf)
}
