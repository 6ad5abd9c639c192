package apisix

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

// maxShown bounds what an instance may answer for one resource, in bytes: the Admin API takes none that is a tenth of it.
const maxShown = 16 << 20

// controlPaths are the kinds that the control API shows with their modification index, and under what name.
var controlPaths = map[gateway.Kind]string{gateway.Routes: "route", gateway.Services: "service", gateway.Upstreams: "upstream"}

// shownByControl asks one worker for everything.
func (g *Gateway) shownByControl(ctx context.Context, client *http.Client, control string, wanted []expectation) (gateway.Key, error) {
	for _, w := range wanted {
		if err := taken(ctx, client, control, w); err != nil {
			return w.key, err
		}
	}
	return gateway.Key{}, nil
}

// taken asks an instance's control API for one resource, and says how it is not as expected.
func taken(ctx context.Context, client *http.Client, control string, want expectation) error {
	address := strings.TrimRight(control, "/") + "/v1/" + controlPaths[want.key.Kind] + "/" + url.PathEscape(want.key.ID)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
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
		return fmt.Errorf("an answer of more than %d bytes for %s: is this the URL of a control API?", maxShown, want.key)
	}
	return want.compare(resp, body)
}

func (w expectation) compare(resp *http.Response, body []byte) error {
	switch resp.StatusCode {
	case http.StatusNotFound:
		if !strings.Contains(string(body), w.key.ID) {
			return fmt.Errorf("404 without naming %s: is this the URL of a control API?", w.key)
		}
		if w.index > 0 {
			return fmt.Errorf("does not have %s yet", w.key)
		}
		return nil
	case http.StatusOK:
		if w.index == 0 {
			return fmt.Errorf("still has %s", w.key)
		}
		return w.compareIndex(body)
	}
	return fmt.Errorf("%s for %s", resp.Status, w.key)
}

func (w expectation) compareIndex(body []byte) error {
	var shown struct {
		Original json.RawMessage `json:"orig_modifiedIndex"`
		Modified json.RawMessage `json:"modifiedIndex"`
	}
	if err := json.Unmarshal(body, &shown); err != nil {
		return fmt.Errorf("answer for %s: %w", w.key, err)
	}
	text := shown.Original
	if text == nil {
		text = shown.Modified
	}
	index, err := indexOf(text)
	if err != nil {
		return fmt.Errorf("modifiedIndex of %s: %w", w.key, err)
	}
	if index < w.index {
		return fmt.Errorf("has %s of index %d, not yet %d", w.key, index, w.index)
	}
	return nil
}

// indexOf reads 12, or "12#34" when a worker has merged another object into it.
func indexOf(text json.RawMessage) (int64, error) {
	own, _, _ := strings.Cut(strings.Trim(string(text), `"`), "#")
	return strconv.ParseInt(own, 10, 64)
}
