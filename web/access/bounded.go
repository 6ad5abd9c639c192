package access

import (
	"io"
	"net/http"
)

// longestAnswer bounds what is read of an answer of the identity provider, in bytes.
const longestAnswer = 1 << 20

// bounded returns a client that reads no more of an answer. Nil stands for one without settings.
func bounded(client *http.Client) *http.Client {
	made := http.Client{}
	if client != nil {
		made = *client
	}
	if made.Transport == nil {
		made.Transport = http.DefaultTransport
	}
	made.Transport = boundedTransport{made.Transport}
	return &made
}

type boundedTransport struct{ http.RoundTripper }

// RoundTrip cuts the answer.
func (t boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	answer, err := t.RoundTripper.RoundTrip(req)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, longestAnswer), answer.Body}
	}
	return answer, err
}
