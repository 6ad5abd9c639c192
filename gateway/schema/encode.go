package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// Encode writes a Set as JSON that is the same for the same schemas, one schema on a line. Decode reads it.
func (s *Set) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(`{"product":` + line(s.Product) + `,"version":` + line(s.Version))
	section(&b, "kinds", s.Kinds, func(text map[string]any) any { return text })
	section(&b, "managers", s.Managers, func(text map[string]any) any { return text })
	section(&b, "plugins", s.Plugins, Plugin.document)
	section(&b, "stream", s.Stream, Plugin.document)
	b.WriteString("\n}\n")
	return b.Bytes()
}

func line(v any) string { return string(gateway.AppendCanonical(nil, v)) }

// section writes one part of the document; an empty one is left out.
func section[K ~string, V any](b *bytes.Buffer, name string, entries map[K]V, document func(V) any) {
	if len(entries) == 0 {
		return
	}
	b.WriteString(",\n" + line(name) + ":{")
	for i, key := range slices.Sorted(maps.Keys(entries)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  " + line(string(key)) + ":" + line(document(entries[key])))
	}
	b.WriteString("\n}")
}

func (p Plugin) document() any {
	out := map[string]any{}
	if p.Type != "" {
		out["type"] = p.Type
	}
	for name, text := range map[string]map[string]any{"schema": p.Schema, "consumer_schema": p.Consumer, "metadata_schema": p.Metadata} {
		if text != nil {
			out[name] = text
		}
	}
	return out
}

// UnmarshalJSON reads a plugin as the Admin API tells it.
func (p *Plugin) UnmarshalJSON(text []byte) error {
	var told struct {
		Type     string         `json:"type"`
		Schema   map[string]any `json:"schema"`
		Consumer map[string]any `json:"consumer_schema"`
		Metadata map[string]any `json:"metadata_schema"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&told); err != nil {
		return err
	}
	*p = Plugin(told)
	return nil
}

// Decode reads what Encode wrote. An error says what the text is instead.
func Decode(text []byte) (*Set, error) {
	var told struct {
		Product  string                          `json:"product"`
		Version  string                          `json:"version"`
		Kinds    map[gateway.Kind]map[string]any `json:"kinds"`
		Managers map[string]map[string]any       `json:"managers"`
		Plugins  map[string]Plugin               `json:"plugins"`
		Stream   map[string]Plugin               `json:"stream"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&told); err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read schemas: something stands behind the end")
	}
	if len(told.Kinds) == 0 {
		return nil, errors.New("read schemas: there are none of any kind")
	}
	for kind := range told.Kinds {
		if !kind.Valid() {
			return nil, fmt.Errorf("read schemas: there is no kind %q", kind)
		}
	}
	return New(Set{
		Product: told.Product, Version: told.Version, Kinds: told.Kinds, Managers: told.Managers, Plugins: told.Plugins, Stream: told.Stream,
	})
}
