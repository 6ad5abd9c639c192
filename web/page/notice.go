package page

import "net/http"

// Notice is a page that says one thing, as that there is nothing here.
type Notice struct {
	Title  string
	Text   string
	Hint   string // what to do; empty: nothing is said
	Action Action
	Live   bool // the page at this address may come to be there: it is looked at again when something changes
}

// Action is where to go next. The zero value is nowhere.
type Action struct{ Label, URL string }

// Notice answers with a page that says one thing.
func (h *Handler) Notice(w http.ResponseWriter, r *http.Request, status int, n Notice) {
	h.write(w, r, status, frame{Title: n.Title, Name: "notice", Body: n, Still: !n.Live})
}

// Login is what the view shows through which somebody logs in.
type Login struct {
	OIDC    bool   // by the provider that the daemon's file names
	Tokens  bool   // by a token
	Next    string // where to go afterwards
	Trouble string // why the attempt before came to nothing
	CSRF    string
}

// Login answers with the view through which somebody logs in.
func (h *Handler) Login(w http.ResponseWriter, r *http.Request, status int, l Login) {
	h.write(w, r, status, frame{Title: "Log in", Name: "login", Body: l, Still: true})
}
