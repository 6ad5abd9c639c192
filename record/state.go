package record

// State is where a commit stands in a gateway group of an environment (docs/architecture.md).
type State string

// The states.
const (
	Queued     State = "queued"
	Planning   State = "planning"
	Applying   State = "applying"
	Verifying  State = "verifying"
	Applied    State = "applied"
	Unchanged  State = "unchanged"
	Held       State = "held"
	Failed     State = "failed"
	RolledBack State = "rolled-back"
	Superseded State = "superseded"
)

// Valid reports whether s is one of the states.
func (s State) Valid() bool {
	switch s {
	case Queued, Planning, Applying, Verifying:
		return true
	}
	return s.Final()
}

// Final reports whether nothing follows s for this commit.
func (s State) Final() bool {
	switch s {
	case Applied, Unchanged, Held, Failed, RolledBack, Superseded:
		return true
	}
	return false
}
