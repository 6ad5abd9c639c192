package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Expectation is what an instance must show: a resource of this modification index or a later one, or none when it is Gone.
type Expectation struct {
	Key   gateway.Key
	Index int64
	Gone  bool
}

// Shows reports whether the control API shows resources of a kind with their modification index.
func Shows(kind gateway.Kind) bool { return name(kind) != "" }

// name is what the control API calls a kind.
func name(kind gateway.Kind) string {
	switch kind {
	case gateway.Routes:
		return "route"
	case gateway.Services:
		return "service"
	case gateway.Upstreams:
		return "upstream"
	}
	return ""
}

// maxShown bounds what an instance may answer for one resource, in bytes: the Admin API takes none that is a tenth of it.
const maxShown = 16 << 20

// Unmet asks one worker over client's connection for everything that is wanted, at the control API of that address. The error says
// how the first key is not as expected, or that it could not be asked; nil says that all is as expected.
func Unmet(ctx context.Context, client *http.Client, address string, wanted []Expectation) (gateway.Key, error) {
	for _, w := range wanted {
		if err := w.ask(ctx, client, strings.TrimRight(address, "/")); err != nil {
			return w.Key, err
		}
	}
	return gateway.Key{}, nil
}

func (w Expectation) ask(ctx context.Context, client *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v1/"+name(w.Key.Kind)+"/"+url.PathEscape(w.Key.ID), nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return errors.New(admin.WithoutURL(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxShown+1))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxShown {
		return fmt.Errorf("an answer of more than %d bytes for %s: is this the URL of a control API?", maxShown, w.Key)
	}
	return w.compare(resp, body)
}

func (w Expectation) compare(resp *http.Response, body []byte) error {
	switch resp.StatusCode {
	case http.StatusNotFound:
		if !strings.Contains(string(body), w.Key.ID) {
			return fmt.Errorf("404 without naming %s: is this the URL of a control API?", w.Key)
		}
		if !w.Gone {
			return fmt.Errorf("does not have %s yet", w.Key)
		}
		return nil
	case http.StatusOK:
		if w.Gone {
			return fmt.Errorf("still has %s", w.Key)
		}
		return w.compareIndex(body)
	}
	return fmt.Errorf("%s for %s", resp.Status, w.Key)
}

func (w Expectation) compareIndex(body []byte) error {
	var shown struct {
		Original json.RawMessage `json:"orig_modifiedIndex"`
		Modified json.RawMessage `json:"modifiedIndex"`
	}
	if err := json.Unmarshal(body, &shown); err != nil {
		return fmt.Errorf("answer for %s: %w", w.Key, err)
	}
	text := shown.Original
	if text == nil {
		text = shown.Modified
	}
	index, err := indexOf(text)
	if err != nil {
		return fmt.Errorf("modifiedIndex of %s: %w", w.Key, err)
	}
	if index < w.Index {
		return fmt.Errorf("has %s of index %d, not yet %d", w.Key, index, w.Index)
	}
	return nil
}

// indexOf reads 12, or "12#34" when a worker has merged another object into it.
func indexOf(text json.RawMessage) (int64, error) {
	own, _, _ := strings.Cut(strings.Trim(string(text), `"`), "#")
	return strconv.ParseInt(own, 10, 64)
}
