package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/sluice-gitops/sluice/record"
)

// PauseRequest is the body of the calls that pause and resume an environment.
type PauseRequest struct {
	By     string `json:"by"`               // who asks; needed
	Reason string `json:"reason,omitempty"` // why; needed to pause
	For    string `json:"for,omitempty"`    // how long, as "2h"; needed to pause, and no more than LongestPause
}

// LongestPause is how long a call can stop an environment: what is to last is said in Git.
const LongestPause = 7 * 24 * time.Hour

// longestText bounds the texts of a request, in bytes.
const longestText = 500

func (c Calls) pause(w http.ResponseWriter, req *http.Request, environment string) {
	asked, err := readPause(w, req)
	length, badLength := time.ParseDuration(asked.For)
	switch {
	case err != nil:
	case asked.Reason == "":
		err = errors.New("a pause needs a reason")
	case badLength != nil:
		err = fmt.Errorf("a pause needs an end: %q is not a duration, as 2h", asked.For)
	case length <= 0 || length > LongestPause:
		err = fmt.Errorf("a pause lasts up to %d h, not %s: what is to last longer is said in environment.yaml, by paused", int(LongestPause.Hours()), asked.For)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	until := time.Now().UTC().Add(length).Truncate(time.Second)
	paused := record.Pause{Environment: environment, By: asked.By, Reason: asked.Reason, Until: until}
	if err := c.Pauses.Pause(paused); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	c.changed()
	answer(w, paused)
}

func (c Calls) resume(w http.ResponseWriter, req *http.Request, environment string) {
	asked, err := readPause(w, req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if _, paused := c.Pauses.Paused(environment); !paused {
		http.Error(w, environment+" is not paused by a call", http.StatusConflict)
		return
	}
	if err := c.Pauses.Resume(environment, asked.By); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	c.changed()
	answer(w, record.Pause{Environment: environment, By: asked.By})
}

// readPause reads the body, and adds the address of who asks to the name, which anyone with the token can choose.
func readPause(w http.ResponseWriter, req *http.Request) (PauseRequest, error) {
	var asked PauseRequest
	decoder := json.NewDecoder(http.MaxBytesReader(w, req.Body, 16<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return asked, fmt.Errorf("read the request: %w", err)
	}
	for _, text := range []string{asked.By, asked.Reason} {
		if len(text) > longestText || strings.ContainsFunc(text, unicode.IsControl) {
			return asked, fmt.Errorf("by and reason are one line of up to %d bytes", longestText)
		}
	}
	if asked.By == "" {
		return asked, errors.New(`it must be known who asks: send {"by": "NAME"}`)
	}
	if host, _, err := net.SplitHostPort(req.RemoteAddr); err == nil {
		asked.By += " from " + host
	}
	return asked, nil
}
