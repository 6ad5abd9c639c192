package simulation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// site is one gateway group: a real embedded gateway, what is known to stand in it, and what its worker has taken.
type site struct {
	name    string
	gateway *embedded.Gateway
	handler http.Handler
	weather weather

	live map[gateway.Key]held
	view view

	drifted bool // somebody else has changed what the daemon owns

	writes int                     // of the daemon, that went through
	moves  int64                   // counts everything that happens here
	wrote  map[gateway.Key]int64   // when the daemon wrote a resource last
	split  map[gateway.Key]split   // what the daemon has split last
	tuned  map[gateway.Key]int64   // when somebody set a field last that may be his
	seen   map[gateway.Key]sighted // what it was answered last
}

// held is a resource as it stands in the gateway.
type held struct {
	spec    map[string]any
	foreign bool // put there by a stranger, and never the daemon's
	index   int64
}

// sighted is a resource as the daemon was told of it; spec is nil for one that was not there.
type sighted struct {
	at   int64
	spec map[string]any
}

const adminKey = "key"

func newSite(name string) *site {
	s := &site{name: name, wrote: map[gateway.Key]int64{}, split: map[gateway.Key]split{}, tuned: map[gateway.Key]int64{}, seen: map[gateway.Key]sighted{}}
	s.restartEmpty(nil)
	return s
}

// restartEmpty is a gateway whose store was lost.
func (s *site) restartEmpty(lag func(gateway.Kind) time.Duration) {
	if s.gateway != nil {
		_ = s.gateway.Close() // it listens nowhere and has no file
	}
	gw, err := embedded.New(embedded.Config{AdminKey: adminKey, Workers: 1})
	if err != nil {
		panic(fmt.Errorf("embedded gateway: %w", err)) // without listeners and files nothing can fail
	}
	s.gateway, s.handler = gw, gw.AdminHandler()
	s.drifted = s.live != nil
	s.live, s.view = map[gateway.Key]held{}, newView(lag)
}

// serve lets the gateway answer a request, and takes down what it changed.
func (s *site) serve(r *request, foreign bool) *answer {
	a := s.call(r.method, r.path, r.body)
	if r.writes() && a.good() {
		s.took(r, foreign)
	}
	return a
}

func (s *site) call(method, path string, body []byte) *answer {
	req, err := http.NewRequest(method, "http://"+s.name+path, bytes.NewReader(body)) //nolint:noctx // nothing waits
	if err != nil {
		panic(err) // the paths are ours
	}
	req.Header.Set("X-API-KEY", adminKey)
	req.Header.Set("Content-Type", "application/json")
	a := newAnswer()
	s.handler.ServeHTTP(a, req)
	return a
}

// took takes down a write that went through.
func (s *site) took(r *request, foreign bool) {
	key, ok := keyOfPath(r.path)
	if !ok {
		return
	}
	s.moves++
	if !foreign {
		s.writes++
		s.wrote[key] = s.moves
	}
	if r.method == http.MethodDelete {
		delete(s.live, key)
		s.view.add(event{key: key})
		return
	}
	before, was := s.live[key]
	now := held{spec: specOf(r.body), index: s.indexOf(r.path), foreign: before.foreign || foreign && !was}
	s.live[key] = now
	s.view.add(event{key: key, spec: now.spec, index: now.index})
}

// indexOf is the modification index of what was just written.
func (s *site) indexOf(path string) int64 {
	var shown struct {
		ModifiedIndex int64 `json:"modifiedIndex"`
	}
	if err := json.Unmarshal(s.call(http.MethodGet, path, nil).body.Bytes(), &shown); err != nil {
		panic(err) // it was put a moment ago
	}
	return shown.ModifiedIndex
}

// specOf is a body in canonical values, without what the key says.
func specOf(body []byte) map[string]any {
	var raw map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		panic(err) // the gateway has taken it
	}
	delete(raw, "id")
	spec, err := gateway.Canonical(raw)
	if err != nil {
		panic(err)
	}
	return spec.(map[string]any)
}

// keyOfPath reads /apisix/admin/KIND/ID.
func keyOfPath(path string) (gateway.Key, bool) {
	path, _, _ = strings.Cut(strings.TrimPrefix(path, adminPath+"/"), "?")
	kind, id, _ := strings.Cut(path, "/")
	key := gateway.Key{Kind: gateway.Kind(kind), ID: id}
	return key, id != "" && key.Kind.Valid()
}

// sight takes down what the daemon has been told by a read that was carried out now.
func (s *site) sight(r *request) func() {
	s.moves++
	at, now := s.moves, map[gateway.Key]sighted{}
	kind := gateway.Kind(strings.TrimPrefix(r.path, adminPath+"/"))
	if key, one := keyOfPath(r.path); one {
		now[key] = sighted{at, s.live[key].spec}
	} else if kind.Valid() {
		for key := range s.wrote {
			if key.Kind == kind {
				now[key] = sighted{at: at}
			}
		}
		for key, is := range s.live {
			if key.Kind == kind {
				now[key] = sighted{at, is.spec}
			}
		}
	}
	return func() {
		for key, what := range now {
			s.seen[key] = what
		}
	}
}
