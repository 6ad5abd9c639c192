package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// PauseRequest is the body of the call that pauses an environment.
type PauseRequest struct {
	By     string `json:"by,omitempty"`     // who asks; needed with the token of api.tokenFile, which several people may have
	Reason string `json:"reason,omitempty"` // why; needed
	For    string `json:"for,omitempty"`    // how long, as "2h"; needed, from ShortestPause to LongestPause
	Next   string `json:"next,omitempty"`   // of forms: the path to go on to
}

// ShortestPause and LongestPause are how long a call can stop an environment: what is to last longer is said in Git.
const (
	ShortestPause = time.Second
	LongestPause  = 7 * 24 * time.Hour
)

func (h *Handler) pause(req *http.Request, asked PauseRequest, by string) (any, error) {
	length, bad := time.ParseDuration(asked.For)
	switch {
	case asked.Reason == "":
		return nil, &refused{http.StatusBadRequest, "a pause needs a reason"}
	case bad != nil:
		return nil, &refused{http.StatusBadRequest, fmt.Sprintf("a pause needs an end: %q is not a duration, as 2h", asked.For)}
	case length < ShortestPause || length > LongestPause:
		return nil, &refused{http.StatusBadRequest, fmt.Sprintf(
			"a pause lasts from %s up to %d h, not %s: what is to last longer is said in environment.yaml, by paused", ShortestPause, int(LongestPause.Hours()), asked.For)}
	}
	// Up to the next full second: it must not have ended when it is put on record.
	until := time.Now().UTC().Add(length + time.Second - 1).Truncate(time.Second)
	paused := record.Pause{Environment: req.PathValue("name"), By: by, Reason: asked.Reason, Until: until}
	if err := h.config.Acts.Record.Pause(paused); err != nil {
		return nil, &refused{http.StatusServiceUnavailable, err.Error()}
	}
	h.config.Acts.Changed()
	return paused, nil
}

func (h *Handler) resume(req *http.Request, _ PauseRequest, by string) (any, error) {
	environment := req.PathValue("name")
	if _, paused := h.config.Acts.Record.Paused(environment); !paused {
		return nil, &refused{http.StatusConflict, environment + " is not paused by a call"}
	}
	if err := h.config.Acts.Record.Resume(environment, by); err != nil {
		return nil, &refused{http.StatusServiceUnavailable, err.Error()}
	}
	h.config.Acts.Changed()
	return record.Pause{Environment: environment, By: by}, nil
}
