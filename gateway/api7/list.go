package api7

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

const (
	pageSize = 500
	// listTries is how often a list is read from its beginning: a write by somebody else shifts the pages.
	listTries = 3
)

// errShifted says that the pages of a list do not add up.
var errShifted = errors.New("the list does not add up")

// page is one page of a list. Its items are bare: nothing stands around them.
type page struct {
	List  *[]map[string]any `json:"list"`
	Total *int              `json:"total"`
}

func readPage(header http.Header, body io.Reader) (page, error) {
	var p page
	if err := admin.Decode(header, body, &p); err != nil {
		return p, err
	}
	switch {
	case p.List == nil:
		return p, admin.Foreign("no list in it")
	case p.Total == nil || *p.Total < 0:
		return p, admin.Foreign("no total in it")
	}
	return p, nil
}

// pages reads a list whole, page by page, or returns an error.
func (l *link) pages(ctx context.Context, c admin.Call, query url.Values) ([]map[string]any, error) {
	var last error
	for range listTries {
		items, err := l.allPages(ctx, c, query)
		if !errors.Is(err, errShifted) {
			return items, err
		}
		last = err
	}
	return nil, last
}

func (l *link) allPages(ctx context.Context, c admin.Call, query url.Values) ([]map[string]any, error) {
	var all []map[string]any
	total := -1
	for number := 1; total < 0 || len(all) < total; number++ {
		p, err := l.page(ctx, c, query, number)
		if err != nil {
			return nil, err
		}
		if total >= 0 && *p.Total != total || len(*p.List) == 0 && len(all) < *p.Total {
			return nil, shifted(c, len(all), *p.Total)
		}
		all, total = append(all, *p.List...), *p.Total
	}
	if len(all) != total || twice(all) {
		return nil, shifted(c, len(all), total)
	}
	return all, nil
}

func shifted(c admin.Call, have, total int) error {
	reason := fmt.Sprintf("%v: it has %d items and says %d; somebody may be changing it", errShifted, have, total)
	return c.Fail(gateway.Unreachable, http.StatusOK, reason, errShifted).Error
}

// twice reports whether a list names one thing twice: what a page has lost the next may have again.
func twice(items []map[string]any) bool {
	seen := map[string]bool{}
	for _, item := range items {
		id := text(item["secret_manager"]) + "/" + text(item["id"]) + "/" + text(item["username"])
		if id != "//" && seen[id] {
			return true
		}
		seen[id] = true
	}
	return false
}

func (l *link) page(ctx context.Context, c admin.Call, query url.Values, number int) (p page, err error) {
	full := url.Values{"page": {strconv.Itoa(number)}, "page_size": {strconv.Itoa(pageSize)}}
	for name, values := range query {
		full[name] = values
	}
	c.URL = withQuery(c.URL, full)
	c.Take = func(header http.Header, body io.Reader) (err error) {
		p, err = readPage(header, body)
		return err
	}
	return p, l.do(ctx, c)
}
