package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// mostHeads bounds how many heads are kept.
const mostHeads = 4096

// heads keep the whole hashes of the heads of pull requests: each costs a request of the 1,000 that Bitbucket grants in an hour. They are
// kept under the time of the last change too: two commits that begin alike in 12 digits are easily made, and one must not pass for the
// other. The zero value is empty; it is safe for use by several goroutines at once.
type heads struct {
	mu    sync.Mutex
	known map[string]string
}

func (h *heads) get(key string) (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	head, ok := h.known[key]
	return head, ok
}

func (h *heads) put(key, head string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known == nil || len(h.known) >= mostHeads {
		h.known = map[string]string{} // those in use come back with the next list
	}
	h.known[key] = head
}

// cloudCommit is what is read of a commit.
type cloudCommit struct {
	Hash string `json:"hash"`
}

// head returns the whole hash of the head of a pull request: the first of its commits that begins as its head does. What is pushed
// between the two requests is told with the next list.
func (b *bitbucket) head(ctx context.Context, c cloudPull) (string, error) {
	begins := c.Source.Commit.Hash
	key := fmt.Sprint(c.ID, " ", c.Moved, " ", begins)
	if known, ok := b.heads.get(key); ok {
		return known, nil
	}
	var page cloudPage[cloudCommit]
	_, err := b.call(ctx, http.MethodGet, b.pullPath(c.ID)+"/commits?pagelen=10", nil, &page)
	if unless(err, http.StatusNotFound) != nil { // the fork is gone; that must not keep the others from being read
		return "", err
	}
	for _, commit := range page.Values {
		if strings.HasPrefix(commit.Hash, begins) {
			b.heads.put(key, commit.Hash)
			return commit.Hash, nil
		}
	}
	return "", nil // pushed away
}

// whole returns the hash of a commit of the repository that begins like this; none when there is none.
func (b *bitbucket) whole(ctx context.Context, begins string) (string, error) {
	var commit cloudCommit
	_, err := b.call(ctx, http.MethodGet, b.repo()+"/commit/"+url.PathEscape(begins), nil, &commit)
	if final(err, http.StatusNotFound) {
		return "", nil
	}
	return commit.Hash, err
}
