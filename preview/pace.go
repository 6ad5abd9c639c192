package preview

import "time"

const (
	// branchCalm is how long the branch must have stood still before what is open is planned anew for it: each merge of a series would
	// have everything else planned once more.
	branchCalm = 3 * time.Second
	// branchPatience is how long that waits for a branch that does not stand still.
	branchPatience = 30 * time.Second
)

// pace says when it is time to look at what the branch has become. The zero value has seen nothing. It is used from one goroutine.
type pace struct {
	seen    string
	since   time.Time // when it came to be there
	waiting time.Time // the first move that nobody has looked at; zero: none
}

// settled reports whether the branch, which is at this commit now, is to be looked at.
func (p *pace) settled(at string, now time.Time) bool {
	if at != p.seen {
		p.seen, p.since = at, now
		if p.waiting.IsZero() {
			p.waiting = now
		}
	}
	if now.Sub(p.since) < branchCalm && now.Sub(p.waiting) < branchPatience {
		return false
	}
	p.waiting = time.Time{}
	return true
}
