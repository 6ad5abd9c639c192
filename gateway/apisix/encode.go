package apisix

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// encode returns the body of a PUT and the secrets in it. It is the one place where a secret becomes text.
func encode(r gateway.Resource) (body []byte, hidden []string, err error) {
	clear, err := reveal(r.Spec, nil, &hidden)
	if err != nil {
		return nil, nil, err
	}
	fields := clear.(map[string]any)
	if r.Key.Kind == gateway.Consumers {
		fields["username"] = r.Key.ID
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fields); err != nil {
		return nil, nil, fmt.Errorf("encode: %w", err)
	}
	return buffer.Bytes(), hidden, nil
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
