package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// answer is what the Admin API said to a plain request.
type answer struct {
	status int
	body   []byte
}

// ask sends a plain request to the Admin API, as any tool would. The key is in clear here and nowhere else.
func (s *suite) ask(ctx context.Context, method, path string, body any) (answer, error) {
	return s.askWith(ctx, s.target.AdminKey.Reveal(), method, path, body)
}

func (s *suite) askWith(ctx context.Context, key, method, path string, body any) (answer, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(content))
	if err != nil {
		return answer{}, err
	}
	if key != "" {
		request.Header.Set("X-API-KEY", key)
	}
	response, err := s.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, text}, err
}

// wants is an error unless the answer has one of the statuses.
func (a answer) wants(statuses ...int) error {
	for _, status := range statuses {
		if a.status == status {
			return nil
		}
	}
	return fmt.Errorf("status %d, want %v: %.200s", a.status, statuses, a.body)
}

// value returns the stored object of an answer.
func (a answer) value() (map[string]any, error) {
	var envelope struct{ Value map[string]any }
	if err := json.Unmarshal(a.body, &envelope); err != nil {
		return nil, err
	}
	return envelope.Value, nil
}

// readPlugins asks which plugins the gateway has.
func (s *suite) readPlugins(ctx context.Context) error {
	a, err := s.ask(ctx, http.MethodGet, "/plugins/list", nil)
	if err != nil {
		return err
	}
	var names []string
	if err := json.Unmarshal(a.body, &names); err != nil || a.status != http.StatusOK {
		return fmt.Errorf("list plugins: status %d: %w", a.status, err)
	}
	s.plugins = map[string]bool{}
	for _, name := range names {
		s.plugins[name] = true
	}
	return nil
}
