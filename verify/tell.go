package verify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// teller passes texts on when they change, and not more often than it looks.
type teller struct {
	tell func(text string)
	last string
	at   time.Time
}

func (t *teller) say(text string, now time.Time) {
	if t.tell == nil || text == t.last || (!t.at.IsZero() && now.Sub(t.at) < looks) {
		return
	}
	t.last, t.at = text, now
	t.tell(text)
}

// text says what is waited for: the first check that does not hold, or the soak.
func (w *watch) text(now time.Time) string {
	open := w.waiting()
	if len(open) == 0 {
		return w.soakText(now)
	}
	text := "waiting for " + open[0].label() + ": " + open[0].text()
	if more := len(open) - 1; more > 0 {
		text += ", and " + strconv.Itoa(more) + " more"
	}
	return text
}

// soakText says how far the soak is, and how the metrics stand. Their values are those of the moment at which the soak came so far: else each
// of them would be worth a text.
func (w *watch) soakText(now time.Time) string {
	if text := fmt.Sprintf("soaking %s of %s", w.soaked(now), short(w.soak)); text != w.stage {
		w.stage, w.values = text, w.metrics()
	}
	return w.stage + w.values
}

// mostMetrics bounds how many metrics are told of in one line.
const mostMetrics = 2

// metrics says what the metrics have come to, each beside its bounds.
func (w *watch) metrics() string {
	var text strings.Builder
	told := 0
	for _, s := range w.standings {
		if s.kind != ofMetric {
			continue
		}
		if told++; told <= mostMetrics {
			text.WriteString("; " + s.label() + ": " + s.last.text)
		}
	}
	if more := told - mostMetrics; more > 0 {
		text.WriteString(", and " + strconv.Itoa(more) + " more")
	}
	return text.String()
}

// soaked is how long all has held, in steps that are worth a word.
func (w *watch) soaked(now time.Time) string {
	if w.held.IsZero() {
		return "0s"
	}
	step := time.Second
	switch {
	case w.soak >= 2*time.Minute:
		step = time.Minute
	case w.soak >= 20*time.Second:
		step = 10 * time.Second
	}
	return short(now.Sub(w.held).Truncate(step))
}

// report says how everything stands.
func (w *watch) report(now time.Time) Report {
	var report Report
	for _, s := range w.standings {
		report.Checks = append(report.Checks, s.result())
	}
	if w.soak > 0 {
		text := short(w.soak)
		if !w.full {
			text = w.soaked(now) + " of " + text
		}
		report.Checks = append(report.Checks, Check{Kind: ofSoak, OK: w.full, Text: text})
	}
	return report
}
