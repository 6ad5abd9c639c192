package window

import (
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/environments"
)

// freeze is a time that lets nothing through. The zero value never holds.
type freeze struct {
	from, until time.Time // from zero: since ever
	reason      string
}

func newFreeze(f environments.Freeze) (freeze, error) {
	zone, err := environments.LoadZone(f.Zone)
	if err != nil {
		return freeze{}, err
	}
	var frozen freeze
	if f.From != "" {
		if frozen.from, err = environments.ParseMoment(f.From, zone); err != nil {
			return freeze{}, fmt.Errorf("from: %w", err)
		}
	}
	if frozen.until, err = environments.ParseMoment(f.Until, zone); err != nil {
		return freeze{}, fmt.Errorf("until: %w", err)
	}
	frozen.reason = "frozen until " + f.Until
	if f.Reason != "" {
		frozen.reason += ": " + f.Reason
	}
	return frozen, nil
}

func (f freeze) holds(t time.Time) bool { return !t.Before(f.from) && t.Before(f.until) }

// next returns the first moment after t at which the freeze begins or ends; zero when neither is to come.
func (f freeze) next(t time.Time) time.Time {
	switch {
	case f.from.After(t):
		return f.from
	case f.until.After(t):
		return f.until
	}
	return time.Time{}
}
