package insight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// History answers what was applied, or not, where, when and by whom. The error is a *QueryError when the question makes no sense.
func (m *Model) History(ctx context.Context, q HistoryQuery) (HistoryPage, error) {
	filter, err := filterOf(q)
	if err != nil {
		return HistoryPage{}, err
	}
	if err := m.knownGroup(q.Group); err != nil {
		return HistoryPage{}, err
	}
	found, err := m.config.Past.Search(ctx, filter)
	if err != nil {
		return HistoryPage{}, err
	}
	page := HistoryPage{
		Entries: trimmedAll(found.Entries), Next: found.Next, Searched: found.Early, Groups: m.groupNames(q.Environment), Environments: m.environments(),
	}
	return page, m.people(ctx, q, filter, &page)
}

// groupNames names the gateway groups that there are, and those that only the journal knows: of an environment, or of all when it is empty.
func (m *Model) groupNames(environment string) []string {
	names := []string{}
	for _, place := range m.config.Past.Places() {
		if place.Group != "" && (environment == "" || environment == place.Environment) {
			names = append(names, place.Group)
		}
	}
	for _, env := range m.config.Status().Environments {
		for _, group := range env.Groups {
			if environment == "" || environment == env.Name {
				names = append(names, group.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// knownGroup refuses a name that no gateway group has or had: a filter that is misspelt must not look like a group without a past. Before
// the first pass any name may be that of one.
func (m *Model) knownGroup(name string) error {
	if name == "" || m.config.Status().Head == "" {
		return nil
	}
	if known := m.groupNames(""); !slices.Contains(known, name) {
		return &QueryError{"group", fmt.Sprintf("there is no gateway group %q: %s", name, diag.DidYouMean(name, known, "the page of gateway groups lists all"))}
	}
	return nil
}

func filterOf(q HistoryQuery) (record.Filter, error) {
	f := record.Filter{
		Environment: q.Environment, Group: q.Group, Whole: q.Whole, Reason: q.Reason, Author: q.Author, Text: q.Text, Since: q.Since, Until: q.Until,
		Before: q.Before, Limit: bounded(q.Limit, DefaultEntries, MostEntries), CommitPrefix: strings.ToLower(q.Commit),
	}
	switch {
	case q.State == "open":
		f.Open = true
	case q.State != "" && !record.State(q.State).Valid():
		return f, &QueryError{"state", "there is no state " + q.State}
	default:
		f.State = record.State(q.State)
	}
	if strings.Trim(f.CommitPrefix, "0123456789abcdef") != "" {
		return f, &QueryError{"commit", "it is not a hash, or the beginning of one"}
	}
	if q.Before < 0 {
		return f, &QueryError{"before", "it is less than 0"}
	}
	if q.Resource == "" {
		return f, nil
	}
	key, err := gateway.ParseKey(q.Resource)
	if err != nil {
		return f, &QueryError{"resource", err.Error()}
	}
	f.Resource = key
	return f, nil
}

// mostActs is how many acts of people are looked through for a page.
const mostActs = 1000

// people adds what people did in the time of a page, where nothing is asked that this knows nothing of.
func (m *Model) people(ctx context.Context, q HistoryQuery, f record.Filter, page *HistoryPage) error {
	if q.Group != "" || q.State != "" || q.Reason != "" || q.Author != "" || q.Commit != "" || q.Resource != "" || q.Text != "" {
		return nil
	}
	after, err := m.nextOf(ctx, f, page)
	if err != nil {
		return err
	}
	pauses, err := m.config.Past.Pauses()
	if err != nil {
		return err
	}
	for _, p := range pauses {
		if (q.Environment == "" || q.Environment == p.Environment) && page.spans(q, after, p.At) {
			page.Pauses = append(page.Pauses, p)
		}
	}
	acts, err := m.config.Past.Acts(mostActs)
	for _, a := range acts {
		if (q.Environment == "" || a.Environment == "" || q.Environment == a.Environment) && page.spans(q, after, a.At) {
			page.Acts = append(page.Acts, a)
		}
	}
	return err
}

// nextOf returns when the newest entry of the next page was begun; zero when there is none.
func (m *Model) nextOf(ctx context.Context, f record.Filter, page *HistoryPage) (time.Time, error) {
	if page.Next == 0 {
		return time.Time{}, nil
	}
	f.Before, f.Limit = page.Next, 1
	found, err := m.config.Past.Search(ctx, f)
	if len(found.Entries) == 0 {
		return time.Time{}, err
	}
	return found.Entries[0].Started, err
}

// spans reports whether a moment is in the time of a page: up to its newest entry, on the first page all that came since too, and behind
// the newest entry of the next page.
func (p *HistoryPage) spans(q HistoryQuery, after, at time.Time) bool {
	if !q.Since.IsZero() && at.Before(q.Since) || !q.Until.IsZero() && !at.Before(q.Until) {
		return false
	}
	if q.Before != 0 && (len(p.Entries) == 0 || at.After(p.Entries[0].Started)) {
		return false
	}
	return at.After(after)
}
