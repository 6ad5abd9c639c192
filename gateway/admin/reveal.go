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
	clear, err := reveal(spec, nil, &hidden)
	if err != nil {
		return nil, nil, err
	}
	return clear.(map[string]any), hidden, nil
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

// reveal copies v with every secret in clear, and collects them.
func reveal(v any, at gateway.Path, hidden *[]string) (any, error) {
	switch v := v.(type) {
	case gateway.Secret:
		if !v.Resolved() {
			return nil, fmt.Errorf("%s: the value of %s is not known", at, v.Ref())
		}
		*hidden = append(*hidden, v.Reveal())
		return v.Reveal(), nil
	case map[string]any:
		clear := make(map[string]any, len(v)+1)
		for field, value := range v {
			c, err := reveal(value, at.With(gateway.Field(field)), hidden)
			if err != nil {
				return nil, err
			}
			clear[field] = c
		}
		return clear, nil
	case []any:
		clear := make([]any, len(v))
		for i, value := range v {
			c, err := reveal(value, at.With(gateway.Item(i)), hidden)
			if err != nil {
				return nil, err
			}
			clear[i] = c
		}
		return clear, nil
	}
	return v, nil
}
