package record

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// traits is what is kept of each entry so that a search reads few lines: most are out of the question by these alone. What passes by its
// traits may still not fit.
type traits struct {
	keys    uint64 // of its changes: three bits for each
	started uint32 // seconds since 1970
	author  uint16 // its number in known.authors, or unnumbered
	reason  uint8  // its number in known.reasons, or the lower half of unnumbered
	state   uint8  // its number among States
}

// States returns every state, in the order in which a commit goes through them.
func States() []State {
	return []State{Queued, Planning, Applying, Verifying, Applied, Unchanged, Held, Failed, RolledBack, Superseded}
}

func (v *View) traits(e Entry) traits {
	t := traits{
		author: v.authors.number(e.Author), reason: uint8(min(v.reasons.number(e.Reason), unnumbered&0xff)),
		state: uint8(slices.Index(States(), e.State)),
	}
	if seconds := e.Started.Unix(); seconds > 0 {
		t.started = uint32(min(seconds, int64(^uint32(0))))
	}
	for _, change := range e.Changes {
		t.keys |= keyBits(change.Key)
	}
	return t
}

// keyBits are the bits that a change of a resource sets.
func keyBits(key gateway.Key) uint64 {
	h := commitHash(key.String())
	return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63)
}

// words numbers texts of which there are few. The zero value knows none.
type words struct {
	list []string
	at   map[string]uint16
}

// unnumbered stands for the texts that found no number.
const unnumbered = 1<<16 - 1

func (w *words) number(text string) uint16 {
	n, known := w.at[text]
	if known {
		return n
	}
	if len(w.list) == unnumbered {
		return unnumbered
	}
	if w.at == nil {
		w.at = map[string]uint16{}
	}
	n = uint16(len(w.list))
	w.at[text] = n
	w.list = append(w.list, text)
	return n
}
