package standalone

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// item is one entry of a section, as it was read or will be sent.
type item struct {
	key    gateway.Key // the zero key for one that has no name of ours: it stays where it is
	index  int64       // its modifiedIndex, 0 without
	raw    json.RawMessage
	hidden []string // the secrets in raw, to be kept out of errors
}

// readItem finds out what an entry is.
func readItem(section string, raw json.RawMessage) (item, error) {
	var fields map[string]any
	if err := decodeWhole(raw, &fields); err != nil {
		return item{}, fmt.Errorf("an item of %s: %w", section, err)
	}
	one := item{raw: raw}
	username, _ := fields["username"].(string)
	if key, ok := keyOf(section, idText(fields["id"]), username); ok {
		one.key = key
	}
	if number, ok := fields["modifiedIndex"].(json.Number); ok {
		index, err := wholeNumber(number)
		if err != nil {
			return item{}, fmt.Errorf("modifiedIndex of %s: %w", one.key, err)
		}
		one.index = index
	}
	_, hidden, err := admin.Reveal(gateway.Seal(one.key, fields))
	one.hidden = hidden
	return one, err
}

// idText reads an id as the gateway compares it: numbers as text.
func idText(id any) string {
	switch id := id.(type) {
	case string:
		return id
	case json.Number:
		return id.String()
	}
	return ""
}

// wholeNumber reads 12, 12.0 and 1.2e1, as Lua may write them.
func wholeNumber(n json.Number) (int64, error) {
	v, err := gateway.Canonical(n)
	if err != nil {
		return 0, err
	}
	whole, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%s is no whole number", n)
	}
	return whole, nil
}

func decodeWhole(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// resource turns an item into a resource as the config repo would write it.
func (i item) resource() (gateway.Resource, error) {
	spec, err := i.spec()
	if err != nil {
		return gateway.Resource{}, fmt.Errorf("live %s: %w", i.key, err)
	}
	return gateway.Resource{Key: i.key, Spec: gateway.Seal(i.key, spec)}, nil
}

// spec returns the body in canonical values, secrets in clear.
func (i item) spec() (map[string]any, error) {
	var fields map[string]any
	if err := decodeWhole(i.raw, &fields); err != nil {
		return nil, err
	}
	for _, field := range added(i.key.Kind) {
		delete(fields, field)
	}
	canonical, err := gateway.Canonical(fields)
	if err != nil {
		return nil, err
	}
	return canonical.(map[string]any), nil
}

// added are the fields that are no configuration, or that the key says already.
func added(kind gateway.Kind) []string {
	switch kind {
	case gateway.PluginMetadata:
		return []string{"id", "modifiedIndex"}
	case gateway.Consumers:
		return []string{"id", "username", "modifiedIndex", "create_time", "update_time"}
	}
	return []string{"id", "modifiedIndex", "create_time", "update_time"}
}

// sending is a resource on its way into a document.
type sending struct {
	gateway.Resource
	fields map[string]any // with its id, secrets in clear
	spec   map[string]any // in canonical values, secrets in clear
	hidden []string
}

func prepare(r gateway.Resource) (sending, error) {
	fields, hidden, err := admin.Reveal(gateway.Seal(r.Key, r.Spec))
	if err != nil {
		return sending{}, err
	}
	spec, err := gateway.Canonical(fields)
	if err != nil {
		return sending{}, err
	}
	name(fields, r.Key)
	return sending{Resource: r, fields: fields, spec: spec.(map[string]any), hidden: hidden}, nil
}

// name writes the key into a body, as its section wants it.
func name(fields map[string]any, key gateway.Key) {
	switch key.Kind {
	case gateway.Consumers:
		fields["username"] = key.ID
	case gateway.Credentials:
		fields["id"] = strings.Replace(key.ID, "/", credentialsPart, 1)
	default:
		fields["id"] = key.ID
	}
}

// item makes the entry, with the index where its kind has one.
func (s sending) item(index int64) (item, error) {
	if hasIndex(s.Key.Kind) {
		s.fields["modifiedIndex"] = index
	} else {
		index = 0
	}
	raw, err := admin.Encode(s.fields)
	if err != nil {
		return item{}, err
	}
	return item{key: s.Key, index: index, raw: bytes.TrimSpace(raw), hidden: s.hidden}, nil
}
