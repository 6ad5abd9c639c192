package environments

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // the program runs in images that hold no time zones
)

// LoadZone returns the time zone of that name of the IANA database; UTC for "". The machine's own zone has no name here: the same
// commit means the same everywhere.
func LoadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New(`"Local" is another zone on every machine`)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q is not known", name)
	}
	return zone, nil
}

// ParseMoment reads a moment in the form of RFC 3339, or a date, which stands for the first moment of that day in zone.
func ParseMoment(text string, zone *time.Location) (time.Time, error) {
	if date, err := time.Parse(time.DateOnly, text); err == nil {
		return beginning(date, zone), nil
	}
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a date nor a moment", text)
	}
	return moment, nil
}

// beginning returns the first moment at which the clocks of a zone have reached a date, given as its midnight in UTC. Clocks may
// read midnight twice or never: so the zone is gone through from one change of its clocks to the next.
func beginning(date time.Time, zone *time.Location) time.Time {
	at := date.Add(-2 * day).In(zone)
	for {
		start, end := at.ZoneBounds()
		_, offset := at.Zone()
		begins := date.Add(-time.Duration(offset) * time.Second)
		if begins.Before(start) {
			begins = start
		}
		if end.IsZero() || begins.Before(end) {
			return begins.In(zone)
		}
		at = end
	}
}

// Ends returns when the pause ends by itself: a date ends it at its beginning, in UTC. Zero: it does not.
func (p Pause) Ends() time.Time {
	moment, err := ParseMoment(p.Until, time.UTC)
	if err != nil {
		return time.Time{} // none is set, or it is a fault and nothing is applied
	}
	return moment
}
