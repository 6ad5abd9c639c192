package insight

import (
	"context"

	"github.com/sluice-gitops/sluice/record"
)

// EntryChanges is how many changes of an entry are shown at most. Its counts tell how many there are.
const EntryChanges = 100

// trimmed returns an entry without what only the reconciler needs, and with at most EntryChanges changes.
func trimmed(e record.Entry) record.Entry {
	e.Inventory, e.Sent, e.Secrets = nil, nil, nil
	e.Changes = e.Changes[:min(len(e.Changes), EntryChanges)]
	return e
}

func trimmedAll(entries []record.Entry) []record.Entry {
	all := make([]record.Entry, 0, len(entries))
	for _, e := range entries {
		all = append(all, trimmed(e))
	}
	return all
}

// newest returns the newest entry that passes a filter and is meant, among the first few.
func (m *Model) newest(ctx context.Context, f record.Filter, meant func(record.Entry) bool) (record.Entry, bool, error) {
	f.Limit = 16
	found, err := m.config.Past.Search(ctx, f)
	for _, e := range found.Entries {
		if meant(e) {
			return e, true, err
		}
	}
	return record.Entry{}, false, err
}
