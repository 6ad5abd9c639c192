package page

import (
	"fmt"
	"html/template"
	"time"
)

// absolute is how a time is written in full.
const absolute = "2006-01-02 15:04:05 MST"

// ago is a time as people say it, with the absolute one as its title. The script keeps it going.
func (h *Handler) ago(t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	return timeElement(t, "data-ago", relative(h.now().Sub(t)))
}

// awaited is when something goes on by itself. What is late does so any moment; the script says the same.
func (h *Handler) awaited(t time.Time) template.HTML {
	shown := "any moment"
	if d := h.now().Sub(t); d < 0 {
		shown = relative(d)
	}
	return timeElement(t, "data-until", shown)
}

// at is a time in full.
func at(t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	return timeElement(t, "data-at", t.UTC().Format(absolute))
}

func timeElement(t time.Time, kind, shown string) template.HTML {
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" %s>%s</time>`, t.Format(time.RFC3339), t.Format(absolute), kind, shown))
}

// relative says how long something is ago, or how long it still takes when it lies ahead. assets/page.js says the same.
func relative(d time.Duration) string {
	if d < 0 {
		return "in " + length(-d)
	}
	if d < 5*time.Second {
		return "just now"
	}
	return length(d) + " ago"
}

// length is a duration in its largest unit that is whole.
func length(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// took says how long something went on; empty when that is not known.
func took(from, to time.Time) string {
	switch d := to.Sub(from); {
	case from.IsZero() || to.IsZero() || d < 0:
		return ""
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour && d >= time.Minute:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return length(d)
	}
}

// progress is how much of a wait is over.
type progress struct {
	Value, Max int // seconds
	From, To   time.Time
}

// waits returns nil where nobody knows how long something will take.
func (h *Handler) waits(from, to time.Time) *progress {
	if from.IsZero() || !to.After(from) {
		return nil
	}
	total := int(to.Sub(from).Seconds())
	return &progress{Value: min(max(int(h.now().Sub(from).Seconds()), 0), total), Max: max(total, 1), From: from, To: to}
}
