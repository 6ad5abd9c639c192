package record

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// take brings one line into the view. It is the only way in, for lines read and for lines written.
func (v *View) take(l line, offset int64) error {
	if err := v.fits(l); err != nil {
		return &BrokenError{l.Seq, err.Error()}
	}
	switch l.Type {
	case show:
		v.fates.name(l.Entry.Environment, l.Entry.Commit)
		v.post(*l.Entry)
		if !l.Entry.State.Final() { // whatever the status says, it is no end
			v.pending[address{l.Entry.Commit, l.Entry.Status.Context}] = true
		}
		return nil
	case sent:
		v.settle(*l.Posted)
		return nil
	case pause, resume:
		v.takePause(l, offset)
		return nil
	case act:
		v.actLines = append(v.actLines, offset)
		return nil
	case tell:
		v.told[l.Told.Listener] = l.Told.UpTo
		return nil
	}
	e := *l.Entry
	v.takeEnding(l, offset)
	v.fates.take(e)
	s := v.shelf(e)
	s.put(slot{id: e.ID, offset: offset, commit: commitHash(e.Commit), traits: v.traits(e)})
	if e.ID >= s.last.ID {
		s.last = e.brief()
	}
	if e.State != Superseded && e.ID >= s.lastTurn.ID {
		s.lastTurn = e.brief()
	}
	if e.Status.Context != "" {
		v.post(e)
	}
	if l.Type == begin {
		v.open[e.ID] = e
		return nil
	}
	s.finish(e, v.open[e.ID])
	delete(v.open, e.ID)
	delete(v.found, e.ID)
	if e.Group == "" && e.State == Applied {
		v.vouch(e)
	}
	return nil
}

// post puts the status of e into the outbox.
func (v *View) post(e Entry) {
	at := address{e.Commit, e.Status.Context}
	v.outbox[at] = e.brief()
	if delete(v.pending, at); e.Status.State == StatusPending {
		v.pending[at] = true
	}
}

// vouch takes what the groups of an environment run for verified: the environment was, as a whole. A group that it has no longer was not.
func (v *View) vouch(e Entry) {
	for at, s := range v.shelves {
		meant := at.environment == e.Environment && (e.Groups == nil || slices.Contains(e.Groups, at.group))
		if meant && s.proof.ID != 0 && s.proof.Digest == s.lastApplied.Digest {
			s.verified[s.proof.Digest] = s.proof
		}
	}
}

// fits says what is wrong with a line that is whole but makes no sense here.
func (v *View) fits(l line) error {
	switch l.Type {
	case begin, note, finish:
		return v.fitsEntry(l)
	case show:
		if l.Entry == nil || l.Entry.ID != l.Seq || l.Entry.Status.Context == "" {
			return errors.New("it says that a status is to be shown, and not which")
		}
		return nil
	case sent:
		if l.Posted == nil {
			return errors.New("it says that a status was posted, and not which")
		}
		return nil
	case pause, resume:
		return v.fitsPause(l)
	case act:
		return fitsAct(l)
	case tell:
		return v.fitsTold(l)
	}
	return fmt.Errorf("its type %q is not known; a newer version may have written it", l.Type)
}

func (v *View) fitsEntry(l line) error {
	if l.Entry == nil {
		return errors.New("it holds no entry")
	}
	begun, open := v.open[l.Entry.ID]
	switch {
	case l.Type != finish && l.Entry.ID != l.Seq:
		return fmt.Errorf("entry %d must have the number of its line", l.Entry.ID)
	case l.Type == finish && !open:
		return fmt.Errorf("entry %d is not open: it was never begun, or is finished already", l.Entry.ID)
	case l.Type == finish && placeOf(begun) != placeOf(*l.Entry):
		return fmt.Errorf("entry %d was begun for %s/%s", l.Entry.ID, begun.Environment, begun.Group)
	case !l.Entry.State.Valid() || l.Entry.State.Final() == (l.Type == begin):
		return fmt.Errorf("state %q can't be that of a line of type %s", l.Entry.State, l.Type)
	}
	return nil
}

func placeOf(e Entry) place { return place{e.Environment, e.Group} }

func (v *View) shelf(e Entry) *shelf {
	at := placeOf(e)
	if v.shelves[at] == nil {
		v.shelves[at] = &shelf{verified: map[string]Entry{}}
	}
	return v.shelves[at]
}

// put adds s, or moves the slot of the same entry to its newest line.
func (s *shelf) put(new slot) {
	i, found := slices.BinarySearchFunc(s.slots, new.id, func(s slot, id int64) int { return cmp.Compare(s.id, id) })
	if found {
		s.slots[i] = new
		return
	}
	s.slots = slices.Insert(s.slots, i, new)
}

// finish notes what a finished entry proves. Begun is the entry as it was begun, zero for a note.
func (s *shelf) finish(e, begun Entry) {
	if (e.State == Applied || e.State == Unchanged) && e.ID >= s.lastApplied.ID {
		s.lastApplied = e.brief()
	}
	if e.State == Applied && e.Live != "" && e.Live == e.Digest && e.ID >= s.proof.ID {
		s.proof = e.brief()
	}
	if e.Sent != nil {
		s.sent = map[Mark]bool{}
		for _, mark := range e.Sent {
			s.sent[mark] = true
		}
	}
	if e.Secrets != nil {
		s.secrets = map[string]string{}
		for _, mark := range e.Secrets {
			s.secrets[mark.Name] = mark.Mark
		}
	}
	switch {
	case e.Inventory != nil:
		s.inventory = e.Inventory
	case begun.Inventory != nil:
		s.inventory = union(s.inventory, begun.Inventory)
	}
}

// settle takes a posted status out of the outbox, unless a newer one has taken its place meanwhile.
func (v *View) settle(p posted) {
	at := address{p.Commit, p.Status.Context}
	if e := v.outbox[at]; e.ID == p.ID && e.Status == p.Status {
		delete(v.outbox, at)
	}
}

func union(a, b []gateway.Key) []gateway.Key {
	all := slices.Concat(a, b)
	slices.SortFunc(all, gateway.Key.Compare)
	return slices.Compact(all)
}

func commitHash(commit string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(commit))
	return h.Sum64()
}
