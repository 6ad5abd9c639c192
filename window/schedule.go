package window

import (
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

// Schedule says when an apply may start. The zero value is always open. It is safe for use by several goroutines at once.
type Schedule struct {
	allows, denies []rule
	freeze         freeze
	zone           *time.Location // in which people think here: that of the first window, or of the freeze; nil: UTC
}

// Verdict is what a Schedule says of a moment.
type Verdict struct {
	Open   bool
	Reason string // why it is shut, in words for a status; empty when it is open
	// Opens is when it is open next, all rules together, in the zone of the first window or of the freeze; the moment itself when it is
	// open. Zero: not within a year.
	Opens time.Time
}

// New makes the Schedule of a rollout; nil is always open. The faults are those that environments.Load has told of the same rollout;
// a Schedule with one must not be used.
func New(rollout *environments.Rollout) (Schedule, diag.List) {
	var s Schedule
	var faults diag.List
	if rollout == nil {
		return s, nil
	}
	for _, w := range rollout.Windows {
		s.window(w, &faults)
	}
	if rollout.Freeze != nil {
		var err error
		if s.freeze, err = newFreeze(*rollout.Freeze); err != nil {
			faults.Add(diag.Errorf(rollout.Freeze.Pos, "wrong-value", "%v", err).WithHint("write from and until as dates, as 2027-01-04"))
		}
		if s.zone == nil {
			s.zone = s.freeze.until.Location()
		}
	}
	return s, faults
}

func (s *Schedule) window(w environments.Window, faults *diag.List) {
	for _, part := range []struct {
		text string
		into *[]rule
	}{{w.Allow, &s.allows}, {w.Deny, &s.denies}} {
		if part.text == "" {
			continue
		}
		rule, err := newRule(part.text, w.Zone)
		if err != nil {
			faults.Add(diag.Errorf(w.Pos, "wrong-value", "%v", err).WithHint(`write days and times, as "Mon-Thu 09:00-17:00"`))
		}
		*part.into = append(*part.into, rule)
		if s.zone == nil {
			s.zone = rule.zone
		}
	}
}

// At tells whether an apply may start now, and if not, why and until when.
func (s Schedule) At(now time.Time) Verdict {
	reason := s.shut(now)
	if reason == "" {
		return Verdict{Open: true, Opens: now}
	}
	opens := s.opens(now)
	if !opens.IsZero() && s.zone != nil {
		opens = opens.In(s.zone)
	}
	return Verdict{Reason: reason, Opens: opens}
}

// shut returns why no apply may start at t; "" when one may.
func (s Schedule) shut(t time.Time) string {
	if s.freeze.holds(t) {
		return s.freeze.reason
	}
	for _, deny := range s.denies {
		if deny.holds(t) {
			return "inside " + deny.text
		}
	}
	if len(s.allows) == 0 || slices.ContainsFunc(s.allows, func(r rule) bool { return r.holds(t) }) {
		return ""
	}
	texts := make([]string, len(s.allows))
	for i, allow := range s.allows {
		texts[i] = allow.text
	}
	return "outside " + strings.Join(texts, " and ")
}

// opens goes from one moment at which a rule may change to the next, until all of them let an apply start.
func (s Schedule) opens(now time.Time) time.Time {
	limit := now.AddDate(1, 0, 0)
	for t := now; ; {
		next := s.freeze.next(t)
		for _, r := range slices.Concat(s.allows, s.denies) {
			next = sooner(next, r.next(t))
		}
		if next.IsZero() || next.After(limit) {
			return time.Time{}
		}
		if s.shut(next) == "" {
			return next
		}
		t = next
	}
}

// sooner returns the earlier of two moments; a zero one never comes.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
