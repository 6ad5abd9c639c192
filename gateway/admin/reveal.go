package admin

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// Reveal returns a copy of a body with every secret in clear, and lists them, so that they can be kept out of errors. It is the
// one place where a secret becomes text. A secret whose value is not known is an error.
func Reveal(spec map[string]any) (fields map[string]any, hidden []string, err error) {
	r := revealer{}
	fields, err = r.fields(spec)
	if err != nil {
		return nil, nil, err
	}
	return fields, r.hidden, nil
}

// Encode returns a value as JSON, as people write it: <, > and & stand for themselves.
func Encode(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return buffer.Bytes(), nil
}

// revealer copies a value with every secret in clear, and collects them.
type revealer struct {
	at     gateway.Path // of the value that is copied
	hidden []string
}

func (r *revealer) value(v any) (any, error) {
	switch v := v.(type) {
	case gateway.Secret:
		if !v.Resolved() {
			return nil, fmt.Errorf("%s: the value of %s is not known", r.at, v.Ref())
		}
		r.hidden = append(r.hidden, v.Reveal())
		return v.Reveal(), nil
	case map[string]any:
		return r.fields(v)
	case []any:
		return r.items(v)
	}
	return v, nil
}

// fields leaves room for one field more, which a caller may add.
func (r *revealer) fields(m map[string]any) (map[string]any, error) {
	clear := make(map[string]any, len(m)+1)
	for field, value := range m {
		c, err := r.below(gateway.Field(field), value)
		if err != nil {
			return nil, err
		}
		clear[field] = c
	}
	return clear, nil
}

func (r *revealer) items(list []any) (any, error) {
	clear := make([]any, len(list))
	for i, value := range list {
		c, err := r.below(gateway.Item(i), value)
		if err != nil {
			return nil, err
		}
		clear[i] = c
	}
	return clear, nil
}

func (r *revealer) below(step gateway.Step, v any) (any, error) {
	r.at = append(r.at, step)
	defer func() { r.at = r.at[:len(r.at)-1] }()
	return r.value(v)
}
