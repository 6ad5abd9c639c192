package access

import (
	"net/http"
	"sync"
	"time"
)

// session is what the cookie of somebody who has logged in holds, sealed.
type session struct {
	ID   string `json:"i"`
	Name string `json:"n"`
	Role Role   `json:"r"`
	// Operates is as in Who.
	Operates []string  `json:"o,omitempty"`
	Via      Via       `json:"v"`
	Stamp    string    `json:"s"` // stands for what the role was given for
	Until    time.Time `json:"u"`
}

const (
	sessionCookie = "sluice"
	loginCookie   = "sluice-login"
	// defaultLife is how long a session lasts: a working day.
	defaultLife = 8 * time.Hour
	// loginTime is how long a login may take at the identity provider.
	loginTime = 10 * time.Minute
	// longestName bounds the names in a cookie, in bytes.
	longestName = 200
)

// cookieName returns the name of a cookie. With __Host- a browser takes it from this host alone, over https alone.
func (r *rules) cookieName(name string) string {
	if r.config.Secure {
		return "__Host-" + name
	}
	return name
}

// setCookie gives the browser a cookie that lasts for life; zero takes it away.
func (r *rules) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name: r.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: r.config.Secure, SameSite: http.SameSiteLaxMode,
	}
	if life <= 0 {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// begin gives the browser a session.
func (r *rules) begin(w http.ResponseWriter, who Who, stamp string) error {
	life := r.config.SessionLife
	sealed, err := r.sealer.seal(forSession, session{
		ID: randomText(), Name: who.Name, Role: who.Role, Operates: who.Operates, Via: who.Via, Stamp: stamp, Until: time.Now().Add(life),
	})
	if err == nil {
		r.setCookie(w, sessionCookie, sealed, life)
	}
	return err
}

// ended remembers the sessions that were ended before their time, until that has come. It is safe for concurrent use.
type ended struct {
	mu       sync.Mutex
	sessions map[string]time.Time // when each would have ended
}

// mostEnded bounds how many are remembered.
const mostEnded = 10_000

func newEnded() *ended { return &ended{sessions: map[string]time.Time{}} }

func (e *ended) add(s session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.sessions) >= mostEnded {
		e.forget()
	}
	e.sessions[s.ID] = s.Until
}

// forget makes room: it forgets those whose time has come, and else the one that ends first.
func (e *ended) forget() {
	var first string
	for id, until := range e.sessions {
		if !time.Now().Before(until) {
			delete(e.sessions, id)
		} else if first == "" || until.Before(e.sessions[first]) {
			first = id
		}
	}
	if len(e.sessions) >= mostEnded {
		delete(e.sessions, first)
	}
}

func (e *ended) has(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, found := e.sessions[id]
	return found
}
