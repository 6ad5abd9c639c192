package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// CSRFField and CSRFHeader are where a request that changes something shows that it comes from a page of ours.
const (
	CSRFField  = "csrf"
	CSRFHeader = "X-Csrf-Token"
)

// mask hides a token behind a random text of its length, since what is the same in every compressed answer can be guessed bit by bit from
// the length of the answers.
func mask(token string) string {
	if token == "" {
		return ""
	}
	pad := make([]byte, len(token))
	_, _ = rand.Read(pad) // never fails
	hidden := make([]byte, len(token))
	subtle.XORBytes(hidden, pad, []byte(token))
	return base64.RawURLEncoding.EncodeToString(append(pad, hidden...))
}

// unmask returns the token below a mask; false for what is none.
func unmask(masked string) (string, bool) {
	both, err := base64.RawURLEncoding.DecodeString(masked)
	if err != nil || len(both) == 0 || len(both)%2 != 0 {
		return "", false
	}
	token := make([]byte, len(both)/2)
	subtle.XORBytes(token, both[:len(token)], both[len(token):])
	return string(token), true
}

// sendsCSRF reports, in constant time, whether the request shows the token of its session.
func sendsCSRF(req *http.Request, token string) bool {
	shown := req.Header.Get(CSRFHeader)
	if shown == "" && isForm(req) {
		shown = req.PostFormValue(CSRFField)
	}
	got, ok := unmask(shown)
	return ok && token != "" && subtle.ConstantTimeCompare([]byte(got), []byte(token)) == 1
}

// isForm reports whether the body is that of an HTML form.
func isForm(req *http.Request) bool {
	kind, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind) == "application/x-www-form-urlencoded"
}
