package daemon

import (
	"cmp"
	"maps"
	"sync"
)

// reverts remembers what takes commits back: pull requests that are open, and branches from which one can be opened. The zero value knows
// none; it is safe for use by several goroutines at once.
type reverts struct {
	mu       sync.Mutex
	urls     map[string]string // of pull requests, by the commit that is taken back
	prepared map[string]string // where a pull request can be opened, by the commit that is taken back
}

func (r *reverts) opened(commit, url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.urls == nil {
		r.urls = map[string]string{}
	}
	r.urls[commit] = cmp.Or(url, r.urls[commit])
}

func (r *reverts) prepare(commit, url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.prepared == nil {
		r.prepared = map[string]string{}
	}
	r.prepared[commit] = url
}

// list takes the place of what is known: these are open, by the commits that they take back.
func (r *reverts) list(open map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.urls = open
}

// ready returns what is known of branches, by the commits that they take back.
func (r *reverts) ready() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.prepared)
}

// keep takes the place of what was known of branches before they were looked at, by the commits that they take back. What was prepared
// meanwhile stays.
func (r *reverts) keep(before, found map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for commit, url := range r.prepared {
		if _, known := before[commit]; !known {
			found[commit] = url
		}
	}
	r.prepared = found
}

// forget takes away what was prepared for the commit that begins so.
func (r *reverts) forget(begins string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.prepared, func(commit, _ string) bool { return short(commit) == begins })
}

// anyPrepared reports whether a branch is prepared.
func (r *reverts) anyPrepared() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.prepared) > 0
}

// url returns the pull request that takes a commit back, and true; or where one can be opened, and false. Empty: neither is there.
func (r *reverts) url(commit string) (url string, open bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if url := r.urls[commit]; url != "" {
		return url, true
	}
	return r.prepared[commit], false
}
