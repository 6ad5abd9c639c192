package forge

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// ErrForged says that a delivery does not prove that it knows the secret.
var ErrForged = errors.New("the delivery does not prove that it knows the webhook's secret")

// ErrNoSecret says that there is no secret that a delivery could prove to know.
var ErrNoSecret = errors.New("the webhook's secret is empty: every delivery is refused")

// CheckWebhook reports whether a delivery comes from the forge of this type: nil, ErrForged, ErrNoSecret, or the error with which body
// ended. Body is the body as it came in, before anything has read it; no more of it than a piece is held at a time.
//
// The type decides where to look, never the headers: a Gitea sends those of GitHub as well. The rules are those of
// https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries and of the other forges' like pages.
func CheckWebhook(kind string, secret gateway.Secret, header http.Header, body io.Reader) error {
	if !secret.Resolved() || secret.Reveal() == "" {
		return ErrNoSecret
	}
	key := secret.Reveal()
	if kind == GitLab { // it sends the secret itself
		if !alike(header.Get("X-Gitlab-Token"), key) {
			return ErrForged
		}
		return nil
	}
	digests := digestsOf(kind, header)
	if len(digests) == 0 {
		return ErrForged // before the body is read
	}
	mac := hmac.New(sha256.New, []byte(key))
	if _, err := io.Copy(mac, body); err != nil {
		return err
	}
	sum := mac.Sum(nil)
	if !slices.ContainsFunc(digests, func(digest []byte) bool { return hmac.Equal(digest, sum) }) {
		return ErrForged
	}
	return nil
}

// digestsOf reads what a delivery says that the HMAC-SHA256 of its body is.
func digestsOf(kind string, header http.Header) [][]byte {
	claims := map[string][]struct{ name, prefix string }{
		GitHub:          {{"X-Hub-Signature-256", "sha256="}},
		Gitea:           {{"X-Gitea-Signature", ""}, {"X-Forgejo-Signature", ""}},
		Bitbucket:       {{"X-Hub-Signature", "sha256="}},
		BitbucketServer: {{"X-Hub-Signature", "sha256="}},
	}[kind]
	var digests [][]byte
	for _, claim := range claims {
		digits, ok := strings.CutPrefix(header.Get(claim.name), claim.prefix)
		if digest, err := hex.DecodeString(digits); ok && err == nil && len(digest) == sha256.Size {
			digests = append(digests, digest)
		}
	}
	return digests
}

// alike compares in a time that does not depend on where two texts differ, nor on how long they are.
func alike(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Event is what a delivery says of itself, for people who look at the last ones. Nothing of it is trusted further than that.
type Event struct {
	ID   string // the forge's number of the delivery
	Name string // "push", "pull_request"
}

// EventOf reads the headers of a delivery.
func EventOf(kind string, header http.Header) Event {
	names := map[string][2]string{
		GitHub: {"X-GitHub-Delivery", "X-GitHub-Event"}, GitLab: {"X-Gitlab-Event-UUID", "X-Gitlab-Event"},
		Gitea: {"X-Gitea-Delivery", "X-Gitea-Event"}, Bitbucket: {"X-Request-UUID", "X-Event-Key"}, BitbucketServer: {"X-Request-Id", "X-Event-Key"},
	}[kind]
	return Event{ID: cut(oneLine(header.Get(names[0])), 80), Name: cut(oneLine(header.Get(names[1])), 80)}
}
