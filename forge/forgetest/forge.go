package forgetest

import (
	"crypto/sha1"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// Me is who logs in with any token.
const Me = "sluice-bot"

// Pull is a pull request.
type Pull struct {
	Number             int
	State              string // open, closed or merged
	Title, Body        string
	Author             string
	Head, Branch, Base string
	Fork               bool
	Merge              string // the commit that merged it
	version            int
}

// Comment is a comment, at a line when Path is set.
type Comment struct {
	ID      int
	Author  string
	Body    string
	Path    string
	Line    int
	version int
}

// Deployment is what was told of a commit in an environment; the newest state is the last.
type Deployment struct {
	ID                  int
	Commit, Environment string
	States              []string
}

// Forge is a small forge with one repository. Its methods may be called at any time, by several goroutines at once.
type Forge struct {
	URL        string
	Repository string

	handler http.Handler

	mu          sync.Mutex
	count       int
	pageSize    int
	computing   int
	pulls       []*Pull
	comments    map[int][]*Comment
	statuses    map[string][]status // by commit, newest last
	required    []string
	changed     map[string][]int // lines by path that every pull request changes
	reports     map[string][]Comment
	deployments []*Deployment
	asked       []string
}

type status struct{ context, state string }

// New starts a forge of a type, as forge.Types names it, on loopback. It ends with the test.
func New(t testing.TB, kind string) *Forge {
	t.Helper()
	f := Play(t, kind)
	server := httptest.NewServer(f.handler)
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

// Play returns a forge that listens nowhere: it carries requests itself, within the process, so that a bubble of time may hold both sides.
func Play(t testing.TB, kind string) *Forge {
	t.Helper()
	f := &Forge{
		URL: "http://forge.test", Repository: "acme/gateways", pageSize: 2, comments: map[int][]*Comment{}, statuses: map[string][]status{},
		changed: map[string][]int{}, reports: map[string][]Comment{},
	}
	routes := map[string]func(*Forge, *http.ServeMux){
		"github": gitHub, "gitlab": gitLab, "gitea": gitea, "bitbucket": bitbucket, "bitbucket-server": dataCenter,
	}[kind]
	if routes == nil {
		t.Fatalf("no forge of type %q is played here", kind)
	}
	mux := http.NewServeMux()
	routes(f, mux)
	f.handler = f.counted(mux)
	return f
}

// RoundTrip answers a request.
func (f *Forge) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	f.handler.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// counted notes what is asked, and lets one request in at a time.
func (f *Forge) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked = append(f.asked, r.Method+" "+r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

// Asked returns what was asked since the last call, as "GET /path".
func (f *Forge) Asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func (f *Forge) number() int {
	f.count++
	return f.count
}

// hash returns a commit that nobody has seen.
func (f *Forge) hash() string {
	return fmt.Sprintf("%x", sha1.Sum([]byte(fmt.Sprint("commit ", f.number()))))
}

// Opened is a pull request that somebody opens from a branch into main; from a fork of its own when fork is set.
func (f *Forge) Opened(author, branch string, fork bool) Pull {
	f.mu.Lock()
	defer f.mu.Unlock()
	return *f.open(Pull{Title: "Change " + branch, Author: author, Branch: branch, Base: "main", Fork: fork})
}

func (f *Forge) open(p Pull) *Pull {
	p.Number, p.State, p.Head = len(f.pulls)+1, "open", f.hash()
	f.pulls = append(f.pulls, &p)
	return &p
}

// Retargeted is a pull request that goes into another branch from now on.
func (f *Forge) Retargeted(number int, base string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.find(number).Base = base
}

// Pushed is a new head, which it returns.
func (f *Forge) Pushed(number int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.find(number)
	p.Head = f.hash()
	p.version++
	return p.Head
}

// Closed is a pull request that somebody closes.
func (f *Forge) Closed(number int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.find(number).State = "closed"
}

// Pull returns a pull request as it is now; the zero value when there is none.
func (f *Forge) Pull(number int) Pull {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.find(number); p != nil {
		return *p
	}
	return Pull{}
}

func (f *Forge) find(number int) *Pull {
	for _, p := range f.pulls {
		if p.Number == number {
			return p
		}
	}
	return nil
}

// same finds an open pull request with the same branches.
func (f *Forge) same(branch, base string) *Pull {
	for _, p := range f.pulls {
		if p.State == "open" && !p.Fork && p.Branch == branch && p.Base == base {
			return p
		}
	}
	return nil
}

// Said is a comment that somebody writes.
func (f *Forge) Said(number int, author, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.say(number, Comment{Author: author, Body: body})
}

func (f *Forge) say(number int, c Comment) *Comment {
	c.ID = f.number()
	f.comments[number] = append(f.comments[number], &c)
	return &c
}

func (f *Forge) comment(number, id int) *Comment {
	for _, c := range f.comments[number] {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Erased is a comment that somebody deletes.
func (f *Forge) Erased(id int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.erase(id)
}

func (f *Forge) erase(id int) {
	for number, all := range f.comments {
		f.comments[number] = slices.DeleteFunc(all, func(c *Comment) bool { return c.ID == id })
	}
}

// Comments returns the comments of a pull request, oldest first, those at lines among them.
func (f *Forge) Comments(number int) []Comment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Comment
	for _, c := range f.comments[number] {
		all = append(all, *c)
	}
	return all
}

// Report returns the annotations of a commit's reports, for forges that have those.
func (f *Forge) Report(commit string) []Comment {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reports[commit]
}

// Checked is a status that somebody sets: success, failure or pending.
func (f *Forge) Checked(commit, context, state string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.statuses[commit] = append(f.statuses[commit], status{context, state})
}

// latest returns the newest status of each context, oldest context first.
func (f *Forge) latest(commit string) []status {
	var all []status
	for _, s := range f.statuses[commit] {
		all = slices.DeleteFunc(all, func(old status) bool { return old.context == s.context })
		all = append(all, s)
	}
	return all
}

// Requires lets no merge into main whose head has no success under a context.
func (f *Forge) Requires(context string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.required = append(f.required, context)
}

// missing returns a required context that is no success; none when nothing is in the way.
func (f *Forge) missing(commit string) string {
	for _, context := range f.required {
		if !slices.Contains(f.latest(commit), status{context, "success"}) {
			return context
		}
	}
	return ""
}

// Computing has the forge not know yet whether anything can be merged, for so many requests to merge.
func (f *Forge) Computing(times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.computing = times
}

// undecided reports whether the forge is still computing, which comes to its end.
func (f *Forge) undecided() bool {
	if f.computing > 0 {
		f.computing--
		return true
	}
	return false
}

// Changes has every pull request change these lines of a file.
func (f *Forge) Changes(path string, lines ...int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed[path] = lines
}

// Deployments returns what was told of deployments, oldest first.
func (f *Forge) Deployments() []Deployment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Deployment
	for _, d := range f.deployments {
		all = append(all, *d)
	}
	return all
}

func (f *Forge) merged(p *Pull) { p.State, p.Merge = "merged", f.hash() }
