package page

import (
	"testing"
	"time"
)

func TestRelative(t *testing.T) {
	for in, want := range map[time.Duration]string{
		0: "just now", 4 * time.Second: "just now", 59 * time.Second: "59 s ago", 61 * time.Second: "1 min ago", 119 * time.Minute: "1 h ago",
		47 * time.Hour: "47 h ago", 49 * time.Hour: "2 d ago", -30 * time.Second: "in 30 s", -6 * time.Minute: "in 6 min",
	} {
		if got := relative(in); got != want {
			t.Errorf("relative(%s) = %q, want %q", in, got, want)
		}
	}
}

func TestTook(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for in, want := range map[time.Duration]string{
		0: "0 ms", 40 * time.Millisecond: "40 ms", 1500 * time.Millisecond: "1.5 s", 42 * time.Second: "42 s", 125 * time.Second: "2 min 5 s", 3 * time.Hour: "3 h", -time.Second: "",
	} {
		if got := took(at, at.Add(in)); got != want {
			t.Errorf("took(%s) = %q, want %q", in, got, want)
		}
	}
	if got := took(time.Time{}, at); got != "" {
		t.Errorf("took since nobody knows when: %q", got)
	}
}

func TestWaits(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	h := &Handler{now: func() time.Time { return at }}
	for name, c := range map[string]struct {
		from, to time.Time
		want     int // percent; -1: not known
	}{
		"half":            {at.Add(-time.Minute), at.Add(time.Minute), 50},
		"over":            {at.Add(-time.Hour), at.Add(-time.Minute), 100},
		"not begun":       {at.Add(time.Minute), at.Add(time.Hour), 0},
		"no beginning":    {time.Time{}, at.Add(time.Hour), -1},
		"no end":          {at, time.Time{}, -1},
		"within a second": {at, at.Add(time.Millisecond), 0},
	} {
		got := -1
		if p := h.waits(c.from, c.to); p != nil {
			got = 100 * p.Value / p.Max
		}
		if got != c.want {
			t.Errorf("%s: %d %%, want %d", name, got, c.want)
		}
	}
}
