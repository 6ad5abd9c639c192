package apisix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway/admin"
)

// envelope is what the Admin API answers to a write.
type envelope struct {
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`   // of a PUT: what was stored
	Deleted json.RawMessage `json:"deleted"` // of a DELETE: how many
}

// readWritten reads the answer to a PUT and returns what was stored. A status alone proves nothing: a proxy or a login page
// says 200 as well.
func readWritten(header http.Header, body io.Reader) (stored json.RawMessage, err error) {
	e, err := readEnvelope(header, body)
	if err != nil {
		return nil, err
	}
	// A list, too: an empty map of Lua is written so.
	if value := bytes.TrimSpace(e.Value); e.Key == "" || len(value) == 0 || value[0] != '{' && value[0] != '[' {
		return nil, admin.Foreign("no key and value of what was put")
	}
	return e.Value, nil
}

// readDeleted reads the answer to a DELETE.
func readDeleted(header http.Header, body io.Reader) error {
	e, err := readEnvelope(header, body)
	if err == nil && (e.Key == "" || len(e.Deleted) == 0) {
		return admin.Foreign("no key of what was deleted")
	}
	return err
}

// maxWritten bounds the answer to a write, in bytes: the Admin API takes nothing that is a tenth of it.
const maxWritten = 16 << 20

// readEnvelope reads one JSON document. One that breaks off is cut short; anything else that is none is no answer of ours.
func readEnvelope(header http.Header, body io.Reader) (envelope, error) {
	var e envelope
	decoder, err := admin.NewDecoder(header, io.LimitReader(body, maxWritten))
	if err != nil {
		return e, err
	}
	err = decoder.Decode(&e)
	var malformed *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return e, admin.Foreign("no content")
	case errors.As(err, &malformed), errors.As(err, &wrong):
		return e, admin.Foreign(err.Error())
	case err != nil:
		return e, fmt.Errorf("read answer: %w", err)
	}
	// To look for more also reads to the end, so that the connection can be used again.
	if decoder.More() {
		return e, admin.Foreign("an answer that goes on after its end")
	}
	return e, nil
}
