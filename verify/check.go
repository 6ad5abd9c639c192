package verify

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// verdict says what one attempt came to. The zero value is not one.
type verdict int

const (
	good     verdict = iota + 1
	bad              // it does not hold now
	unknown          // nobody could say: it neither holds nor fails
	hopeless         // it can't hold, however often it is asked
)

// outcome is what one attempt came to.
type outcome struct {
	verdict verdict
	text    string // one line, without a secret
}

// check is one thing that is asked for again and again.
type check struct {
	kind, name, group string
	every             time.Duration // between two attempts, until it holds
	times             int           // good answers in a row; 0 means 1
	over              time.Duration // how long they must go on
	attempt           func(context.Context) outcome
}

// label names the check for people: "probe users in prod-eu".
func (c *check) label() string {
	text := strings.TrimSpace(c.kind + " " + c.name)
	if c.group != "" {
		text += cmp.Or(map[string]string{ofHealth: " of "}[c.kind], " in ") + c.group
	}
	return text
}

// standing is how a check stands.
type standing struct {
	*check
	last  outcome
	good  int       // in a row
	bad   int       // in a row, since the soak began for the first time
	since time.Time // when the row of good ones began
	at    time.Time // of the last attempt
	held  bool

	next chan time.Duration // the pause before the next attempt
}

func newStanding(c *check) *standing { return &standing{check: c, next: make(chan time.Duration, 1)} }

// dark reports whether nobody could say how the check stands.
func (s *standing) dark() bool { return s.last.verdict == unknown }

// take notes the outcome of an attempt. While nobody can say, the clock stands still: what is not known neither holds nor fails.
func (s *standing) take(out outcome, now time.Time, soaking bool) {
	if s.good > 0 && (out.verdict == unknown || s.dark()) {
		s.since = s.since.Add(now.Sub(s.at))
	}
	s.last, s.at = out, now
	switch {
	case out.verdict == unknown:
		return
	case out.verdict == good:
		if s.good++; s.good == 1 {
			s.since = now
		}
		s.bad = 0
	case out.verdict == bad && soaking:
		s.good, s.bad = 0, s.bad+1
	default:
		s.good = 0
	}
	s.held = s.good >= max(1, s.times) && now.Sub(s.since) >= s.over
}

// text says how the check stands.
func (s *standing) text() string {
	if s.last.verdict == 0 {
		return "no answer yet"
	}
	text := s.last.text
	if s.last.verdict != good {
		return text
	}
	switch {
	case s.times > 1 && s.good < s.times:
		text += fmt.Sprintf(", %d of %d times", s.good, s.times)
	case s.times > 1:
		text += fmt.Sprintf(", %d times", s.times)
	}
	switch held := s.at.Sub(s.since); {
	case s.over > 0 && held < s.over:
		text += fmt.Sprintf(", for %s of %s", short(held.Truncate(time.Second)), short(s.over))
	case s.over > 0:
		text += ", for " + short(s.over)
	}
	return text
}

func (s *standing) result() Check {
	return Check{Kind: s.kind, Name: s.name, Group: s.group, OK: s.held && !s.dark(), Text: s.text()}
}

// short writes a duration without the zeros at its end: 4m, not 4m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// longest bounds what a check says, in characters.
const longest = 200

// line makes one short line of a text that others wrote.
func line(text string) string {
	runes := []rune(oneLine(text))
	if len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return string(runes)
}
