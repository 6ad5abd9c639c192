package admin

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// NewDecoder reads an answer that must be JSON. Numbers stay as they are written.
func NewDecoder(header http.Header, body io.Reader) (*json.Decoder, error) {
	if !IsJSON(header) {
		return nil, Foreign(fmt.Sprintf("content of type %q", header.Get("Content-Type")))
	}
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	return decoder, nil
}

// AtEnd checks that the answer holds nothing more. It also reads to its end, so that the connection can be used again.
func AtEnd(decoder *json.Decoder) error {
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the answer goes on after its end")
	}
	return nil
}

// Decode reads an answer that is one JSON document, whole.
func Decode(header http.Header, body io.Reader, into any) error {
	decoder, err := NewDecoder(header, body)
	if err != nil {
		return err
	}
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read answer: %w", inWords(err))
	}
	return AtEnd(decoder)
}

// inWords says of an answer that is JSON of another form what is wrong with it, where the decoder would speak of types of Go.
func inWords(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is a %s, which the Admin API never says there", cmp.Or(wrong.Field, "it"), wrong.Value)
	}
	return err
}
