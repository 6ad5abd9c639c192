package page_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/sluice-gitops/sluice/insight"
)

func TestHistoryAsksWhatWasAsked(t *testing.T) {
	s := ordinary()
	body := get(t, handler(s, nil), "/history?environment=prod&group=prod-eu&state=failed&reason=commit&author=ada&commit=9f1c&resource=routes%2Flogin&text=a%26b&since=2026-11-01&until=2026-11-21&before=77").Body.String()
	want := insight.HistoryQuery{
		Environment: "prod", Group: "prod-eu", State: "failed", Reason: "commit", Author: "ada", Commit: "9f1c", Resource: "routes/login", Text: "a&b",
		Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Before: 77,
	}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	for _, kept := range []string{
		`value="a&amp;b"`, `value="routes/login"`, `value="2026-11-01"`, `<option value="failed" selected>`, // what was asked stands in the form
		"author=ada&amp;before=39&amp;commit=9f1c", // and in the address of the next page
		"data-still", // older entries do not change
	} {
		if !strings.Contains(body, kept) {
			t.Errorf("%s is not on the page", kept)
		}
	}
}

func TestLiveAsksWhatWasAsked(t *testing.T) {
	s := ordinary()
	body := get(t, handler(s, nil), "/groups/prod-us/live?environment=prod&text=orders&kind=routes&state=differs&offset=2&fresh=1").Body.String()
	want := insight.LiveQuery{Text: "orders", Kind: "routes", State: "differs", Page: insight.Page{Offset: 2, Limit: 50}, Fresh: true}
	if diff := cmp.Diff(want, s.askedLive); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if !strings.Contains(body, `value="orders"`) {
		t.Error("what was asked does not stand in the form")
	}
}

// TestGroupsArePaged walks through a thousand groups by the links of the pages.
func TestGroupsArePaged(t *testing.T) {
	h := handler(crowded(1000), nil)
	path, seen, pages := "/groups?environment=prod", map[string]bool{}, 0
	for path != "" && pages < 20 {
		pages++
		body := get(t, h, path).Body.String()
		for part := range strings.SplitSeq(body, `<th scope="row" data-is="group"><a href="/groups/`) {
			if name, _, ok := strings.Cut(part, "?environment"); ok && strings.HasPrefix(name, "prod-") {
				if seen[name] {
					t.Fatalf("%s is on two pages", name)
				}
				seen[name] = true
			}
		}
		path = ""
		parse(t, "groups", strings.NewReader(body)).each(func(n *html.Node) {
			if attr(n, "rel") == "next" {
				path = attr(n, "href")
			}
		})
	}
	if len(seen) != 1000 || pages != 10 {
		t.Errorf("%d groups on %d pages, want 1000 on 10", len(seen), pages)
	}
}
