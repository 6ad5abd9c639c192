package api7test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Tokens that the emulator knows. Any other is refused.
const (
	UserToken   = "a7ee-of-a-user"  // may do everything, and must name the gateway group
	ViewerToken = "a7ee-of-a-guest" // may read
	GroupToken  = "a7adm-of-prod"   // the admin key of the group "prod"
)

// Config says which control plane to play. The zero value plays 3.10.1, with direct writes.
type Config struct {
	Version     string // 3.5.5 to 3.10.1; "" is 3.10.1
	Enforced    bool   // the group wants services to be published, and refuses direct writes
	FillObjects bool   // a timeout or pool that is left out comes back whole, filled with defaults
	// Intercept wraps the API, for tests that want faults; nil wraps nothing.
	Intercept func(http.Handler) http.Handler
}

// Server is a running control plane. Its gateway groups are "prod" (id GroupID), and others with names like it. Every method is safe
// for use by several goroutines at once.
type Server struct {
	cfg      Config
	listener net.Listener
	http     *http.Server
	handler  http.Handler

	mu     sync.Mutex
	stores map[string]*store // by group
	log    []string          // the requests, as "PUT /apisix/admin/routes/r1"
	shared *store            // templates, which belong to no group
}

// GroupID is the id of the gateway group "prod".
const GroupID = "5d0f0bd4-4a1c-4e3a-9a4f-8d3e1c2b3a4f"

// groups are the gateway groups; searching for the first by name finds a longer name before it.
var groups = []map[string]any{
	{"id": "11111111-2222-4333-8444-555555555555", "name": "prod-canary"},
	{"id": GroupID, "name": "prod"},
	{"id": "99999999-2222-4333-8444-555555555555", "name": "twin"},
	{"id": "88888888-2222-4333-8444-555555555555", "name": "twin"},
}

// Start returns a server that listens on a free port of 127.0.0.1. Close must be called.
func Start(cfg Config) (*Server, error) {
	cfg.Version = cmp.Or(cfg.Version, "3.10.1")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{cfg: cfg, listener: listener, stores: map[string]*store{}, shared: newStore()}
	var handler http.Handler = http.HandlerFunc(s.serve)
	if cfg.Intercept != nil {
		handler = cfg.Intercept(handler)
	}
	s.handler = handler
	s.http = &http.Server{Handler: handler}
	go func() { _ = s.http.Serve(listener) }() // it ends with Close
	return s, nil
}

// Close stops the server and cuts its connections.
func (s *Server) Close() error {
	if err := s.http.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// URL is the address of the dashboard.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Handler is the API without the network, for tests in which time is not real.
func (s *Server) Handler() http.Handler { return s.handler }

// Requests returns what was asked so far, as "PUT /apisix/admin/routes/r1".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.log...)
}

// Writes returns the requests that were no reads, without validations.
func (s *Server) Writes() []string {
	var writes []string
	for _, request := range s.Requests() {
		if !strings.HasPrefix(request, "GET ") && !strings.HasSuffix(request, "/validate") {
			writes = append(writes, request)
		}
	}
	return writes
}

// Forget empties the list of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = nil
}

// answer is what the emulator says to one request.
type answer struct {
	status int
	body   any
}

func refuse(status int, format string, args ...any) answer {
	return answer{status, map[string]any{"error_msg": fmt.Sprintf(format, args...)}}
}

func single(value any) answer { return answer{http.StatusOK, map[string]any{"value": value}} }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	a := s.answer(r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body) // a client that is gone hears nothing
}

func (s *Server) answer(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, r.Method+" "+r.URL.Path)
	token := r.Header.Get("X-API-KEY")
	switch {
	case token != UserToken && token != ViewerToken && token != GroupToken:
		return refuse(http.StatusUnauthorized, "invalid token")
	case token == ViewerToken && r.Method != http.MethodGet:
		return refuse(http.StatusForbidden, "permission denied")
	}
	if path, ok := strings.CutPrefix(r.URL.Path, "/apisix/admin/"); ok {
		return s.runtime(r, token, strings.Split(path, "/"))
	}
	if path, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
		return s.control(r, strings.Split(path, "/"))
	}
	return refuse(http.StatusNotFound, "no such path")
}

// group returns the store of the gateway group that a request is for.
func (s *Server) group(r *http.Request, token string) (*store, answer) {
	id := r.URL.Query().Get("gateway_group_id")
	switch {
	case id == "" && token == GroupToken:
		id = GroupID
	case id == "":
		return nil, refuse(http.StatusBadRequest, "gateway_group_id is required")
	}
	for _, group := range groups {
		if group["id"] == id {
			return s.store(id), answer{}
		}
	}
	return nil, refuse(http.StatusNotFound, "gateway group not found")
}

func (s *Server) store(group string) *store {
	if s.stores[group] == nil {
		s.stores[group] = newStore()
	}
	return s.stores[group]
}

// Versions returns under which versions a service was published to the gateway group "prod", the oldest first.
func (s *Server) Versions(service string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.store(GroupID).versions[service]...)
}
