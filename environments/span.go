package environments

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Span is the text of a window, read: the days on which it begins, and the times of day between which it holds.
type Span struct {
	// Weekdays are the days of the week, by time.Weekday. They count when First is zero.
	Weekdays [7]bool
	// First and Last are dates, both included, each as its midnight in UTC. Both are zero when the span names days of the week.
	First, Last time.Time
	// From and Until are times of day, Until excluded. Where Until is not after From, the span ends on the day after.
	From, Until time.Duration
}

// day is the whole of a day.
const day = 24 * time.Hour

// spanForms says how the text of a window is written, for hints.
const spanForms = `write days and times, as "Mon-Thu 09:00-17:00", "Mon,Wed 22:00-02:00" or "Sat-Sun", or dates, as "2026-12-24..2027-01-01"`

// afterComma is the room that people leave in lists.
var afterComma = regexp.MustCompile(`,\s+`)

// ParseSpan reads the text of a window: days of the week or dates, then times of day, either of which may be left out. "Mon-Thu
// 09:00-17:00", "Mon,Wed 22:00-02:00" (until the next morning), "Sat-Sun", "22:00-24:00", "2026-12-24..2027-01-01 18:00-24:00".
func ParseSpan(text string) (Span, error) {
	words := strings.Fields(afterComma.ReplaceAllString(text, ","))
	if len(words) == 0 || len(words) > 2 {
		return Span{}, fmt.Errorf("%q is not a time", text)
	}
	span := Span{Weekdays: [7]bool{true, true, true, true, true, true, true}, Until: day}
	if last := words[len(words)-1]; strings.Contains(last, ":") {
		if err := span.times(last); err != nil {
			return Span{}, err
		}
		words = words[:len(words)-1]
	}
	switch {
	case len(words) == 0:
		return span, nil
	case len(words) == 2:
		return Span{}, fmt.Errorf("%q are not times of day", words[1])
	case words[0][0] >= '0' && words[0][0] <= '9':
		return span, span.dates(words[0])
	}
	return span, span.weekdays(words[0])
}

var timesOfDay = regexp.MustCompile(`^([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$`)

// times reads "09:00-17:00".
func (s *Span) times(text string) error {
	found := timesOfDay.FindStringSubmatch(text)
	if found == nil {
		return fmt.Errorf("%q are not times of day", text)
	}
	s.From, s.Until = timeOfDay(found[1], found[2]), timeOfDay(found[3], found[4])
	switch {
	case s.From >= day || s.Until > day:
		return fmt.Errorf("%q are not times of day: a day ends at 24:00", text)
	case found[2] > "59" || found[4] > "59":
		return fmt.Errorf("%q are not times of day: an hour has 60 minutes", text)
	case s.From == s.Until:
		return fmt.Errorf("%q begins when it ends", text)
	case s.Until == 0:
		s.Until = day // 22:00-00:00 is 22:00-24:00
	}
	return nil
}

// timeOfDay takes digits alone.
func timeOfDay(hours, minutes string) time.Duration {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// dates reads "2026-12-24", or "2026-12-24..2027-01-01".
func (s *Span) dates(text string) (err error) {
	first, last, several := strings.Cut(text, "..")
	if !several {
		last = first
	}
	if s.First, err = time.Parse(time.DateOnly, first); err != nil {
		return fmt.Errorf("%q is not a date", first)
	}
	if s.Last, err = time.Parse(time.DateOnly, last); err != nil {
		return fmt.Errorf("%q is not a date", last)
	}
	if s.Last.Before(s.First) {
		return fmt.Errorf("%q ends before it begins", text)
	}
	return nil
}

// weekdays reads "Mon-Thu", "Mon,Wed", "Fri-Mon,Wed".
func (s *Span) weekdays(text string) error {
	s.Weekdays = [7]bool{}
	for part := range strings.SplitSeq(text, ",") {
		from, to, several := strings.Cut(part, "-")
		if !several {
			to = from
		}
		first, err := weekday(from)
		if err != nil {
			return err
		}
		last, err := weekday(to)
		if err != nil {
			return err
		}
		for d := first; ; d = (d + 1) % 7 {
			s.Weekdays[d] = true
			if d == last {
				break
			}
		}
	}
	return nil
}

func weekday(text string) (time.Weekday, error) {
	if text == "" {
		return 0, errors.New("a day of the week is missing")
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := d.String(); strings.EqualFold(text, name[:3]) || strings.EqualFold(text, name) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is no day of the week", text)
}
