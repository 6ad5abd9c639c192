package standalone

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

const (
	// rounds is how many connections in a row must find everything taken: one worker, chosen by chance, answers each.
	rounds = 5
	// newest is how many changes of a kind are asked for. A worker takes a section as a whole, so that few stand for all.
	newest = 3
	// maxShown bounds what an instance may answer for one resource, in bytes.
	maxShown = 16 << 20
)

// controlName is what the control API calls a kind; "" for one that it does not show.
func controlName(kind gateway.Kind) string {
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

// visibleOf returns the changed keys that a control API shows, and whether those are all.
func visibleOf(changed []gateway.Key) (visible []gateway.Key, all bool) {
	for _, key := range changed {
		if controlName(key.Kind) != "" {
			visible = append(visible, key)
		}
	}
	return visible, len(visible) == len(changed)
}

// expectation is what an instance must show: a resource of this index at least, or none when gone.
type expectation struct {
	key   gateway.Key
	index int64
	gone  bool
}

// expect returns the newest changes of each kind.
func (g *Gateway) expect(visible []gateway.Key) []expectation {
	byKind := map[gateway.Kind][]expectation{}
	there := map[gateway.Key]item{}
	if g.truth != nil {
		for _, items := range g.truth.only(visible).sections {
			for _, one := range items {
				there[one.key] = one
			}
		}
	}
	for _, key := range visible {
		one, found := there[key]
		byKind[key.Kind] = append(byKind[key.Kind], expectation{key: key, index: one.index, gone: !found})
	}
	var wanted []expectation
	for _, kind := range gateway.Kinds() {
		list := byKind[kind]
		slices.SortFunc(list, func(a, b expectation) int { return cmp.Compare(b.index, a.index) })
		wanted = append(wanted, list[:min(newest, len(list))]...)
		wanted = append(wanted, list[max(min(newest, len(list)), len(list)-newest):]...) // those that are gone come last
	}
	return wanted
}

// shown waits until every instance with a control API shows what is expected.
func (g *Gateway) shown(ctx context.Context, visible []gateway.Key) error {
	wanted := g.expect(visible)
	if len(wanted) == 0 {
		return nil
	}
	asked := slices.DeleteFunc(slices.Clone(g.instances), func(i *instance) bool { return i.ControlURL == "" })
	return g.each(asked, func(i *instance) error { return g.show(ctx, i, wanted) })
}

// show goes on until so many rounds in a row found everything taken, or ctx ends.
func (g *Gateway) show(ctx context.Context, i *instance, wanted []expectation) error {
	for good := 0; good < rounds; good++ {
		err := g.round(ctx, i, wanted)
		if err == nil {
			continue
		}
		good = -1
		if admin.Sleep(ctx, settlePause) != nil {
			c := admin.Call{Op: "settle on instance " + i.name}
			return c.Fail(gateway.Unreachable, 0, fmt.Sprintf("%v (%v)", err, context.Cause(ctx)), ctx.Err()).Error
		}
	}
	return nil
}

// round asks one worker for everything, over one new connection.
func (g *Gateway) round(ctx context.Context, i *instance, wanted []expectation) error {
	client := &http.Client{Transport: g.cfg.Transport, CheckRedirect: admin.StayHere, Timeout: g.cfg.Timeout}
	if own, ok := g.cfg.Transport.(*http.Transport); ok {
		fresh := own.Clone()
		defer fresh.CloseIdleConnections()
		client.Transport = fresh
	}
	for _, w := range wanted {
		if err := w.taken(ctx, client, i.ControlURL); err != nil {
			return err
		}
	}
	return nil
}

// taken asks a control API for one resource, and says how it is not as expected.
func (w expectation) taken(ctx context.Context, client *http.Client, control string) error {
	address := control + "/v1/" + controlName(w.key.Kind) + "/" + url.PathEscape(w.key.ID)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return errors.New(admin.WithoutURL(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxShown))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	switch {
	case resp.StatusCode == http.StatusNotFound && !strings.Contains(string(body), w.key.ID):
		return fmt.Errorf("404 without naming %s: is this the URL of a control API?", w.key)
	case resp.StatusCode == http.StatusNotFound && !w.gone:
		return fmt.Errorf("does not have %s yet", w.key)
	case resp.StatusCode == http.StatusNotFound:
		return nil
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s for %s", resp.Status, w.key)
	case w.gone:
		return fmt.Errorf("still has %s", w.key)
	}
	return w.compare(body)
}

// compare checks the index; a worker writes "12#34" when it has merged another object into a resource.
func (w expectation) compare(body []byte) error {
	var told struct {
		Original json.RawMessage `json:"orig_modifiedIndex"`
		Modified json.RawMessage `json:"modifiedIndex"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return fmt.Errorf("answer for %s: %w", w.key, err)
	}
	text := told.Original
	if text == nil {
		text = told.Modified
	}
	own, _, _ := strings.Cut(strings.Trim(string(text), `"`), "#")
	index, err := strconv.ParseInt(own, 10, 64)
	if err != nil {
		return fmt.Errorf("modifiedIndex of %s: %w", w.key, err)
	}
	if index < w.index {
		return fmt.Errorf("has %s of index %d, not yet %d", w.key, index, w.index)
	}
	return nil
}
