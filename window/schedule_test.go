package window_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/window"
)

// schedule makes the Schedule of lines "allow TEXT @ ZONE" and "deny TEXT @ ZONE".
func schedule(t *testing.T, freeze *environments.Freeze, lines ...string) window.Schedule {
	t.Helper()
	rollout := &environments.Rollout{Freeze: freeze}
	for _, line := range lines {
		rest, zone, _ := strings.Cut(line, " @ ")
		word, text, _ := strings.Cut(rest, " ")
		w := environments.Window{Zone: zone}
		if word == "allow" {
			w.Allow = text
		} else {
			w.Deny = text
		}
		rollout.Windows = append(rollout.Windows, w)
	}
	s, faults := window.New(rollout)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAt(t *testing.T) {
	tests := []struct {
		name   string
		lines  []string
		now    string
		reason string // empty: open
		opens  string // empty: not within a year; not looked at when open
	}{
		{"nothing said", nil, "2026-11-21T12:00:00Z", "", ""},
		{"inside", []string{"allow Mon-Thu 09:00-17:00 @ Asia/Shanghai"}, "2026-11-19T01:00:00Z", "", ""},
		{"the end is outside", []string{"allow Mon-Thu 09:00-17:00 @ Asia/Shanghai"}, "2026-11-19T09:00:00Z",
			"outside Mon-Thu 09:00-17:00 Asia/Shanghai", "2026-11-23T01:00:00Z"},
		{"over midnight, in the evening", []string{"allow Mon,Wed 22:00-02:00"}, "2026-11-18T23:59:59Z", "", ""},
		{"over midnight, in the morning after", []string{"allow Mon,Wed 22:00-02:00"}, "2026-11-19T01:59:59Z", "", ""},
		{"over midnight, not in the morning of the day", []string{"allow Mon,Wed 22:00-02:00"}, "2026-11-18T01:00:00Z",
			"outside Mon,Wed 22:00-02:00 UTC", "2026-11-18T22:00:00Z"},
		{"whole days", []string{"allow Sat-Sun"}, "2026-11-20T23:59:00Z", "outside Sat-Sun UTC", "2026-11-21T00:00:00Z"},
		{"any of several is enough", []string{"allow Mon 09:00-10:00", "allow Tue 09:00-10:00"}, "2026-11-23T12:00:00Z",
			"outside Mon 09:00-10:00 UTC and Tue 09:00-10:00 UTC", "2026-11-24T09:00:00Z"},
		{"deny counts more", []string{"allow Mon-Fri 09:00-17:00", "deny Mon 08:00-12:00"}, "2026-11-23T09:30:00Z",
			"inside Mon 08:00-12:00 UTC", "2026-11-23T12:00:00Z"},
		{"deny alone", []string{"deny Fri 12:00-24:00 @ Europe/Berlin"}, "2026-11-20T22:59:00Z",
			"inside Fri 12:00-24:00 Europe/Berlin", "2026-11-20T23:00:00Z"},
		{"dates, both included", []string{"deny 2026-12-24..2027-01-01 @ Asia/Shanghai"}, "2026-12-23T16:00:00Z",
			"inside 2026-12-24..2027-01-01 Asia/Shanghai", "2027-01-01T16:00:00Z"},
		{"dates with times", []string{"deny 2026-12-24..2026-12-25 18:00-06:00"}, "2026-12-26T05:59:00Z",
			"inside 2026-12-24..2026-12-25 18:00-06:00 UTC", "2026-12-26T06:00:00Z"},
		{"never", []string{"deny Mon-Sun"}, "2026-12-26T05:59:00Z", "inside Mon-Sun UTC", ""},
		{"never again", []string{"allow 2026-12-24"}, "2026-12-26T05:59:00Z", "outside 2026-12-24 UTC", ""},
		{"in more than a year", []string{"allow 2028-12-24"}, "2026-12-26T05:59:00Z", "outside 2028-12-24 UTC", ""},
		{"zones that never meet", []string{"allow Mon", "deny Sun-Tue @ Asia/Shanghai"}, "2026-11-19T00:00:00Z", "outside Mon UTC", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := schedule(t, nil, tt.lines...).At(moment(t, tt.now))
			if got.Reason != tt.reason || got.Open != (tt.reason == "") {
				t.Errorf("got open %v, reason %q", got.Open, got.Reason)
			}
			if want := moment(t, tt.opens); tt.reason != "" && !got.Opens.Equal(want) {
				t.Errorf("opens %s, want %s", got.Opens, want)
			}
		})
	}
}

// TestClocksThatChange has the four ways in which clocks are put forward and back: by an hour and by half of one, north and south.
func TestClocksThatChange(t *testing.T) {
	tests := []struct {
		line  string
		now   string
		opens string // "": open at now
	}{
		// Berlin: 02:00 becomes 03:00 on 2027-03-28, 03:00 becomes 02:00 on 2026-10-25.
		{"allow 02:30-04:00 @ Europe/Berlin", "2027-03-28T00:59:59Z", "2027-03-28T01:00:00Z"}, // the clock jumps over its beginning
		{"allow 02:10-02:50 @ Europe/Berlin", "2027-03-28T00:30:00Z", "2027-03-29T00:10:00Z"}, // does not happen that night
		{"allow 02:10-02:50 @ Europe/Berlin", "2026-10-25T00:20:00Z", ""},                     // the first time
		{"allow 02:10-02:50 @ Europe/Berlin", "2026-10-25T00:55:00Z", "2026-10-25T01:10:00Z"}, // and the second
		{"allow 09:00-17:00 @ Europe/Berlin", "2026-10-24T16:00:00Z", "2026-10-25T08:00:00Z"}, // the hours of the day move against UTC
		{"deny 00:00-02:30 @ Europe/Berlin", "2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z"},  // its end does not exist
		// New York: 02:00 becomes 03:00 on 2027-03-14, 02:00 becomes 01:00 on 2026-11-01.
		{"allow 02:30-02:31 @ America/New_York", "2027-03-14T06:00:00Z", "2027-03-15T06:30:00Z"},
		{"allow 01:30-01:40 @ America/New_York", "2026-11-01T05:45:00Z", "2026-11-01T06:30:00Z"},
		{"allow Sat 22:00-03:00 @ America/New_York", "2026-11-01T07:30:00Z", ""}, // an hour longer
		// Lord Howe: half an hour, 02:00 becomes 01:30 on 2026-04-05 and 02:30 on 2026-10-04.
		{"allow 01:40-01:50 @ Australia/Lord_Howe", "2026-04-04T14:55:00Z", "2026-04-04T15:10:00Z"},
		{"allow 02:15-03:00 @ Australia/Lord_Howe", "2026-10-03T15:29:00Z", "2026-10-03T15:30:00Z"},
		// Shanghai never changes.
		{"allow 09:00-17:00 @ Asia/Shanghai", "2027-03-28T09:00:00Z", "2027-03-29T01:00:00Z"},
		// Cairo goes forward over midnight: Friday 2026-04-24 begins at 01:00.
		{"allow Fri @ Africa/Cairo", "2026-04-23T21:59:00Z", "2026-04-23T22:00:00Z"},
	}
	for _, tt := range tests {
		got := schedule(t, nil, tt.line).At(moment(t, tt.now))
		if got.Open != (tt.opens == "") {
			t.Errorf("%s at %s: open %v", tt.line, tt.now, got.Open)
		}
		if want := moment(t, tt.opens); !got.Open && !got.Opens.Equal(want) {
			t.Errorf("%s at %s: opens %s, want %s", tt.line, tt.now, got.Opens.UTC(), want)
		}
	}
}

func TestFreeze(t *testing.T) {
	yearEnd := environments.Freeze{Reason: "year-end close", From: "2026-12-20", Until: "2027-01-04", Zone: "Asia/Shanghai"}
	exact := environments.Freeze{Until: "2027-01-04T09:00:00+01:00"}
	tests := []struct {
		name   string
		freeze environments.Freeze
		lines  []string
		now    string
		reason string
		opens  string
	}{
		{"before it", yearEnd, nil, "2026-12-19T15:59:59Z", "", ""},
		{"from its day", yearEnd, nil, "2026-12-19T16:00:00Z", "frozen until 2027-01-04: year-end close", "2027-01-03T16:00:00Z"},
		{"its end is open", yearEnd, nil, "2027-01-03T16:00:00Z", "", ""},
		{"since ever, to the moment", exact, nil, "2020-01-01T00:00:00Z", "frozen until 2027-01-04T09:00:00+01:00", ""},
		{"to the moment", exact, nil, "2027-01-04T07:59:59Z", "frozen until 2027-01-04T09:00:00+01:00", "2027-01-04T08:00:00Z"},
		{"then the window decides", yearEnd, []string{"allow Tue 09:00-17:00 @ Asia/Shanghai"}, "2026-12-22T02:00:00Z",
			"frozen until 2027-01-04: year-end close", "2027-01-05T01:00:00Z"},
		{"a window before it is used", yearEnd, []string{"allow Fri 09:00-10:00 @ Asia/Shanghai"}, "2026-12-12T02:00:00Z",
			"outside Fri 09:00-10:00 Asia/Shanghai", "2026-12-18T01:00:00Z"},
		{"a window that begins under it", yearEnd, []string{"allow Sun @ Asia/Shanghai"}, "2026-12-19T15:00:00Z",
			"outside Sun Asia/Shanghai", "2027-01-09T16:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := schedule(t, &tt.freeze, tt.lines...).At(moment(t, tt.now))
			if got.Reason != tt.reason || got.Open != (tt.reason == "") {
				t.Errorf("got open %v, reason %q", got.Open, got.Reason)
			}
			if want := moment(t, tt.opens); tt.reason != "" && !got.Opens.Equal(want) {
				t.Errorf("opens %s, want %s", got.Opens, want)
			}
		})
	}
}

// TestOpensIsToldInTheZoneOfTheWindow is for people who read it.
func TestOpensIsToldInTheZoneOfTheWindow(t *testing.T) {
	got := schedule(t, nil, "allow Mon-Thu 09:00-17:00 @ Asia/Shanghai").At(moment(t, "2026-11-21T12:00:00Z"))
	if text := got.Opens.Format("Mon 15:04"); text != "Mon 09:00" {
		t.Errorf("opens %s", text)
	}
}

// TestNewRefuses says that a Schedule is never made of what Load refuses.
func TestNewRefuses(t *testing.T) {
	for name, rollout := range map[string]environments.Rollout{
		"text":   {Windows: []environments.Window{{Allow: "Mon 9-17"}}},
		"zone":   {Windows: []environments.Window{{Deny: "Mon", Zone: "Local"}}},
		"from":   {Freeze: &environments.Freeze{From: "soon", Until: "2027-01-04"}},
		"until":  {Freeze: &environments.Freeze{Until: ""}},
		"planet": {Freeze: &environments.Freeze{Until: "2027-01-04", Zone: "Mars/Olympus"}},
	} {
		if _, faults := window.New(&rollout); !faults.HasErrors() {
			t.Errorf("%s: no fault", name)
		}
	}
	if s, faults := window.New(nil); len(faults) > 0 || !s.At(time.Unix(0, 0)).Open {
		t.Errorf("no rollout is not open: %v", faults)
	}
}
