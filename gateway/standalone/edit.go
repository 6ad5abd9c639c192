package standalone

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// edit is the difference between two documents, while the second is made.
type edit struct {
	puts    map[gateway.Key]sending
	deletes map[gateway.Key]bool
	touched map[string]bool // sections
	hidden  []string
}

// newEdit prepares a write. What can't be sent is in refusals.
func newEdit(puts []gateway.Resource, deletes []gateway.Key) (*edit, refusals) {
	e := &edit{puts: map[gateway.Key]sending{}, deletes: map[gateway.Key]bool{}, touched: map[string]bool{}}
	refused := refusals{}
	for _, r := range puts {
		s, err := prepare(r)
		if err == nil {
			err = fits(r.Key)
		}
		if err != nil {
			refused.add(r.Key, "put", err.Error())
			continue
		}
		e.puts[r.Key] = s
		e.hidden = append(e.hidden, s.hidden...)
	}
	for _, key := range deletes {
		e.deletes[key] = true
	}
	return e, refused
}

// fits checks that a key comes back out of a document as the same key.
func fits(key gateway.Key) error {
	fields := map[string]any{}
	name(fields, key)
	id, _ := fields["id"].(string)
	username, _ := fields["username"].(string)
	if back, ok := keyOf(sectionOf(key.Kind), id, username); !ok || back != key {
		return fmt.Errorf("%q can't be the id of %s", key.ID, key.Kind)
	}
	return nil
}

// prune leaves only what makes a difference to d, and finds the sections that change.
func (e *edit) prune(d *document) {
	seen := map[gateway.Key]bool{}
	for _, items := range d.sections {
		for _, one := range items {
			if _, named := e.puts[one.key]; !named && !e.deletes[one.key] {
				continue
			}
			seen[one.key] = true
			if e.same(one) {
				delete(e.puts, one.key)
			}
		}
	}
	maps.DeleteFunc(e.deletes, func(key gateway.Key, _ bool) bool { return !seen[key] })
	for key := range e.puts {
		e.touched[sectionOf(key.Kind)] = true
	}
	for key := range e.deletes {
		e.touched[sectionOf(key.Kind)] = true
	}
}

// same reports whether an item is as it should be put.
func (e *edit) same(one item) bool {
	s, named := e.puts[one.key]
	if !named {
		return false
	}
	spec, err := one.spec()
	return err == nil && gateway.Equal(spec, s.spec)
}

func (e *edit) empty() bool { return len(e.puts) == 0 && len(e.deletes) == 0 }

// highest returns the highest index among the items of d that are replaced.
func (e *edit) highest(d *document) int64 {
	var highest int64
	for section := range e.touched {
		for _, one := range d.sections[section] {
			if _, named := e.puts[one.key]; named {
				highest = max(highest, one.index)
			}
		}
	}
	return highest
}

// apply makes the next document. Items keep their places, new ones come last in order of key.
func (e *edit) apply(d *document, stamp int64) (*document, error) {
	next := &document{versions: maps.Clone(d.versions), sections: maps.Clone(d.sections)}
	for section := range e.touched {
		items, err := e.section(section, d.sections[section], stamp)
		if err != nil {
			return nil, err
		}
		next.versions[section] = stamp
		if next.sections[section] = items; len(items) == 0 {
			delete(next.sections, section)
		}
	}
	next.seal()
	return next, nil
}

func (e *edit) section(section string, before []item, stamp int64) ([]item, error) {
	items := make([]item, 0, len(before))
	placed := map[gateway.Key]bool{}
	for _, one := range before {
		if e.deletes[one.key] {
			continue
		}
		if s, named := e.puts[one.key]; named {
			placed[one.key] = true
			var err error
			if one, err = s.item(stamp); err != nil {
				return nil, err
			}
		}
		items = append(items, one)
	}
	for _, key := range slices.SortedFunc(maps.Keys(e.puts), gateway.Key.Compare) {
		if sectionOf(key.Kind) != section || placed[key] {
			continue
		}
		one, err := e.puts[key].item(stamp)
		if err != nil {
			return nil, err
		}
		items = append(items, one)
	}
	return items, nil
}
