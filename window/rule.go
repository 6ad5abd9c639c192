package window

import (
	"cmp"
	"time"

	"github.com/sluice-gitops/sluice/environments"
)

const day = 24 * time.Hour

// rule is one window in its zone.
type rule struct {
	span environments.Span
	zone *time.Location
	text string // for a reason: "Mon-Thu 09:00-17:00 Asia/Shanghai"
}

func newRule(text, zone string) (rule, error) {
	location, err := environments.LoadZone(zone)
	if err != nil {
		return rule{}, err
	}
	span, err := environments.ParseSpan(text)
	return rule{span, location, text + " " + cmp.Or(zone, "UTC")}, err
}

// holds reports whether the clock of the zone reads a time inside the window at t.
func (r rule) holds(t time.Time) bool {
	wall := onTheWall(t, r.zone)
	today := wall.Truncate(day)
	clock := wall.Sub(today)
	if r.span.From < r.span.Until {
		return r.begins(today) && r.span.From <= clock && clock < r.span.Until
	}
	return r.begins(today) && clock >= r.span.From || r.begins(today.Add(-day)) && clock < r.span.Until
}

// begins reports whether the window begins on a day, given as its midnight in UTC.
func (r rule) begins(date time.Time) bool {
	if r.span.First.IsZero() {
		return r.span.Weekdays[date.Weekday()]
	}
	return !date.Before(r.span.First) && !date.After(r.span.Last)
}

// next returns the first moment after t at which the window may open or shut: a time of day that it names, midnight, or a change of
// the zone's clocks.
func (r rule) next(t time.Time) time.Time {
	wall := onTheWall(t, r.zone)
	today := wall.Truncate(day)
	step := day - wall.Sub(today)
	for _, mark := range []time.Duration{r.span.From, r.span.Until} {
		if ahead := today.Add(mark).Sub(wall); ahead > 0 {
			step = min(step, ahead)
		}
	}
	// Until the clocks change they go as time does.
	_, change := t.In(r.zone).ZoneBounds()
	return sooner(change, t.Add(step))
}

// onTheWall returns what the clocks of a zone read at t, as if they read UTC: a time to reckon with that has no gaps.
func onTheWall(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
