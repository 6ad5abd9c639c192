//go:build unix

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const e2eKey = "a-key-of-the-receiver"

// ear is a receiver of notifications that checks who sends them.
type ear struct {
	mu   sync.Mutex
	down bool
	told map[string]string // by id: environment, commit and state
	bad  []string
}

func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if e.down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, []byte(e2eKey))
	mac.Write([]byte(id + "." + at + "." + string(body)))
	if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		e.bad = append(e.bad, string(body))
		return
	}
	var m struct {
		Data struct{ Environment, Commit, State string } `json:"data"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		e.bad = append(e.bad, string(body))
		return
	}
	e.told[id] = m.Data.Environment + " " + m.Data.Commit + " " + m.Data.State
}

func (e *ear) set(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

// heard reports an error until exactly this was told, in any order.
func (e *ear) heard(want ...string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.bad) > 0 {
		return errors.New("not genuine: " + strings.Join(e.bad, "\n"))
	}
	counts := map[string]int{}
	for _, one := range e.told {
		counts[one]++
	}
	wanted := map[string]int{}
	for _, one := range want {
		wanted[one]++
	}
	if diff := cmp.Diff(wanted, counts); diff != "" {
		return fmt.Errorf("told (-want +got):\n%s", diff)
	}
	return nil
}

// TestE2EOthersAreTold has notifications and Git notes tell what became of each commit, though the receiver, Gitea and the daemon are each down
// for a while, and in the middle of it.
func TestE2EOthersAreTold(t *testing.T) {
	on := newE2E(t)
	receiver := &ear{told: map[string]string{}}
	server := httptest.NewServer(receiver)
	defer server.Close()
	on.write("url", server.URL+"/hook")
	on.write("key", e2eKey)
	on.change("poll: 1h", "poll: 2s, notes: true")
	on.change("forge: {", "notifications:\n  audit: {type: webhook, urlFile: url, secretFile: key, environments: [test, prod], states: [applied, failed]}\nforge: {")
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["environments/test/environment.yaml"] = "extends: [base]\ngroups: [test]\n"
	files["environments/prod/environment.yaml"] = "extends: [base]\nafter: [test]\ngroups: [prod-eu, prod-us]\n"
	both := map[string]string{"test": "success", "prod": "success"}
	first := on.commit("main", "Begin", files)
	on.start()
	on.shows(first, both)
	want := []string{"test " + first + " applied", "prod " + first + " applied"}
	on.until("the receiver is told", func() error { return receiver.heard(want...) })

	t.Log("the receiver is down, and the daemon is killed")
	receiver.set(true)
	second := on.commit("main", "Move users", route("/accounts/*"))
	on.shows(second, both)
	on.kill()
	on.start()
	broken := on.commit("main", "Break it", map[string]string{"base/broken.yaml": "routes:\n  broken: {url: /x}\n"})
	on.shows(broken, map[string]string{"test": "failure", "prod": "failure"})
	receiver.set(false)
	want = append(want, "test "+second+" applied", "prod "+second+" applied", "test "+broken+" failed") // prod waits for test
	on.until("the receiver has caught up", func() error { return receiver.heard(want...) })

	t.Log("Gitea is restarted before the notes of a commit are pushed")
	files = route("/mended/*")
	files["base/broken.yaml"] = ""
	mended := on.commit("main", "Mend it", files)
	on.until("it is applied", func() error { return statusIs(on.url, "prod", "applied", mended) })
	on.gitea.Stop(t)
	on.gitea.Resume(t)
	dir := t.TempDir()
	on.git(dir, "clone", "-q", on.remote(on.repository, on.gitea.Token), ".")
	on.until("the notes are those of the journal", func() error {
		if _, err := on.tryGit(dir, "fetch", "-q", "origin", "+refs/notes/sluice:refs/notes/sluice", "main"); err != nil {
			return err
		}
		return on.notesSay(dir, []string{first, second, broken, mended})
	})
}

// notesSay reports an error unless the notes of commits say what the journal does, once.
func (on *e2e) notesSay(dir string, commits []string) error {
	past := on.journal()
	for _, commit := range commits {
		said := on.git(dir, "log", "-1", "--notes=sluice", "--format=%N", commit)
		for _, env := range []string{"test", "prod"} {
			e := past[commit+" "+env]
			begin, end := fmt.Sprintf(`{"environment":%q,"state":%q,`, env, e.State), fmt.Sprintf(`"entry":%d}`, e.ID)
			if !strings.Contains(said, begin) || strings.Count(said, end) != 1 {
				return fmt.Errorf("the note of %s does not say once %s…%s:\n%s", commit, begin, end, said)
			}
		}
	}
	return nil
}
