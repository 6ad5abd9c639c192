package apisix

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// entry is one stored object in its envelope.
type entry struct {
	Key           string          `json:"key"`
	Value         json.RawMessage `json:"value"`
	ModifiedIndex int64           `json:"modifiedIndex"`
}

// resource turns a stored object into a resource as the config repo would write it.
func (e entry) resource(key gateway.Key) (gateway.Resource, error) {
	return e.resourceBy(key, newWords())
}

// resourceBy shares texts and names with other resources that were read by the same words.
func (e entry) resourceBy(key gateway.Key, words *words) (gateway.Resource, error) {
	spec, err := words.object(e.Value)
	if err != nil {
		return gateway.Resource{}, fmt.Errorf("live %s: %w", key, err)
	}
	for _, field := range []string{"id", "create_time", "update_time", "username"} {
		if serverSet(key.Kind, field) {
			delete(spec, field)
		}
	}
	return gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}, nil
}

// holds reports whether there is an object in the envelope.
func (e entry) holds() bool { return len(e.Value) > 0 && e.Value[0] == '{' }

// serverSet reports whether the gateway sets a field, or the key says it already.
func serverSet(kind gateway.Kind, field string) bool {
	switch field {
	case "id":
		return true
	case "create_time", "update_time":
		return kind != gateway.PluginMetadata
	case "username":
		return kind == gateway.Consumers
	}
	return false
}

// readEntry reads the answer to a GET of one resource.
func readEntry(header http.Header, body io.Reader) (entry, error) {
	var e entry
	decoder, err := admin.NewDecoder(header, body)
	if err != nil {
		return e, err
	}
	if err := decoder.Decode(&e); err != nil {
		return e, fmt.Errorf("read resource: %w", err)
	}
	if !e.holds() {
		return e, admin.Foreign("no value in it")
	}
	return e, admin.AtEnd(decoder)
}

// readList reads the answer to a GET of a list as it comes in, whole or not at all: {"list": […], "total": N}. An empty list
// may be written as a map, since Lua can't tell.
func readList(header http.Header, body io.Reader, take func(entry) error) error {
	decoder, err := admin.NewDecoder(header, body)
	if err != nil {
		return err
	}
	if err := want(decoder, '{'); err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	count, total := -1, -1
	for decoder.More() {
		field, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("read list: %w", err)
		}
		switch field {
		case "list":
			if count >= 0 {
				return errors.New("read list: there are two in one answer")
			}
			count, err = readItems(decoder, take)
		case "total":
			err = decoder.Decode(&total)
		default:
			err = decoder.Decode(new(json.RawMessage))
		}
		if err != nil {
			return fmt.Errorf("read list: %w", err)
		}
	}
	return whole(decoder, count, total)
}

// whole checks that the answer ended where it should, and holds as much as it says.
func whole(decoder *json.Decoder, count, total int) error {
	if err := want(decoder, '}'); err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	switch {
	case count < 0:
		return admin.Foreign("no list in it")
	case total < 0:
		return admin.Foreign("no total in it")
	case count != total:
		return fmt.Errorf("read list: it has %d resources and says %d", count, total)
	}
	return admin.AtEnd(decoder)
}

func readItems(decoder *json.Decoder, take func(entry) error) (int, error) {
	open, err := decoder.Token()
	if err != nil {
		return 0, err
	}
	if open != json.Delim('[') && open != json.Delim('{') {
		return 0, fmt.Errorf("the list is %v", open)
	}
	count := 0
	for ; decoder.More(); count++ {
		if open == json.Delim('{') {
			return 0, errors.New("the list is a map")
		}
		var e entry
		if err := decoder.Decode(&e); err != nil {
			return 0, err
		}
		if !e.holds() {
			return 0, fmt.Errorf("%s has no value", e.Key)
		}
		if err := take(e); err != nil {
			return 0, err
		}
	}
	_, err = decoder.Token()
	return count, err
}

func want(decoder *json.Decoder, delim json.Delim) error {
	token, err := decoder.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if token != delim {
		return fmt.Errorf("%v where %v should be", token, delim)
	}
	return nil
}
