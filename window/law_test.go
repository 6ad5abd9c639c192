package window_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/window"
)

// told is a window as it was drawn, and says by the letters of a clock whether it holds.
type told struct {
	days        []string // "Mon", …; nil: dates
	first, last string
	from, until string // "09:00"
	zone        *time.Location
}

func (w told) text() string {
	if w.days == nil {
		return w.first + ".." + w.last + " " + w.from + "-" + w.until
	}
	return strings.Join(w.days, ",") + " " + w.from + "-" + w.until
}

func (w told) holds(t time.Time) bool {
	local := t.In(w.zone)
	clock := local.Format("15:04")
	today, yesterday := w.names(local), w.names(time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, time.UTC))
	if w.from < w.until {
		return today && w.from <= clock && clock < w.until
	}
	return today && w.from <= clock || yesterday && clock < w.until
}

func (w told) names(t time.Time) bool {
	if date := t.Format(time.DateOnly); w.days == nil {
		return w.first <= date && date <= w.last
	}
	return strings.Contains(strings.Join(w.days, ","), t.Format("Mon"))
}

// changes are moments at which the clocks of zones change, or don't.
var changes = []struct{ zone, at string }{
	{"Europe/Berlin", "2026-10-25T01:00:00Z"}, {"Europe/Berlin", "2027-03-28T01:00:00Z"},
	{"America/New_York", "2026-11-01T06:00:00Z"}, {"America/New_York", "2027-03-14T07:00:00Z"},
	{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, {"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
	{"Africa/Cairo", "2026-04-23T22:00:00Z"}, {"Africa/Cairo", "2026-10-29T21:00:00Z"},
	{"Asia/Shanghai", "2026-12-31T16:00:00Z"}, {"UTC", "2026-12-31T00:00:00Z"},
}

// drawWindow draws a window near a change, mostly in its zone.
func drawWindow(t *rapid.T, change int) told {
	minute := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("%02d:%02d", rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3, 9, 22, 23}).Draw(t, "hour"), rapid.SampledFrom([]int{0, 1, 15, 30, 45, 59}).Draw(t, "minute"))
	})
	elsewhere := rapid.SampledFrom([]int{0, 0, 0, 1, 5}).Draw(t, "elsewhere")
	zone, err := time.LoadLocation(changes[(change+elsewhere)%len(changes)].zone)
	if err != nil {
		t.Fatal(err)
	}
	w := told{from: minute.Draw(t, "from"), until: minute.Draw(t, "until"), zone: zone}
	if w.from == w.until || w.until == "00:00" {
		w.until = "24:00"
	}
	if rapid.IntRange(0, 3).Draw(t, "dates") == 0 {
		first := drawNow(t, change)
		w.first, w.last = first.Format(time.DateOnly), first.AddDate(0, 0, rapid.IntRange(0, 3).Draw(t, "length")).Format(time.DateOnly)
		return w
	}
	w.days = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}), 1, 7, rapid.ID).Draw(t, "days")
	return w
}

func drawNow(t *rapid.T, change int) time.Time {
	at, err := time.Parse(time.RFC3339, changes[change].at)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(time.Duration(rapid.IntRange(-24*60, 60).Draw(t, "minutes")) * time.Minute)
}

// TestOpensIsTheFirstOpenMoment goes minute by minute over some days: what is open is open by the clock, and nothing before Opens is.
func TestOpensIsTheFirstOpenMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rollout environments.Rollout
		change := rapid.IntRange(0, len(changes)-1).Draw(t, "change")
		windows := rapid.Custom(func(t *rapid.T) told { return drawWindow(t, change) })
		allows := rapid.SliceOfN(windows, 0, 3).Draw(t, "allows")
		denies := rapid.SliceOfN(windows, 0, 2).Draw(t, "denies")
		for _, w := range allows {
			rollout.Windows = append(rollout.Windows, environments.Window{Allow: w.text(), Zone: w.zone.String()})
		}
		for _, w := range denies {
			rollout.Windows = append(rollout.Windows, environments.Window{Deny: w.text(), Zone: w.zone.String()})
		}
		now := drawNow(t, change)
		frozen := now.Add(time.Duration(rapid.SampledFrom([]int{-1, -1, -1, 100, 2000}).Draw(t, "freeze")) * time.Minute)
		rollout.Freeze = &environments.Freeze{Until: frozen.Format(time.RFC3339)}
		schedule, faults := window.New(&rollout)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		open := func(at time.Time) bool {
			allowed := len(allows) == 0
			for _, w := range allows {
				allowed = allowed || w.holds(at)
			}
			for _, w := range denies {
				allowed = allowed && !w.holds(at)
			}
			return allowed && !at.Before(frozen)
		}
		verdict := schedule.At(now)
		if verdict.Open != open(now) || verdict.Open != (verdict.Reason == "") {
			t.Fatalf("at %s open is %v (%q)", now, verdict.Open, verdict.Reason)
		}
		for at := now; at.Before(now.Add(5 * 24 * time.Hour)); at = at.Add(time.Minute) {
			if !verdict.Opens.IsZero() && !at.Before(verdict.Opens) {
				break
			}
			if open(at) {
				t.Fatalf("open at %s, before %s", at, verdict.Opens)
			}
		}
		if !verdict.Opens.IsZero() && (!open(verdict.Opens) || !schedule.At(verdict.Opens).Open) {
			t.Fatalf("not open at %s", verdict.Opens)
		}
	})
}

func BenchmarkAt(b *testing.B) {
	never := environments.Rollout{Windows: []environments.Window{
		{Allow: "Mon-Fri 09:00-17:00", Zone: "Europe/Berlin"}, {Deny: "Mon-Sun", Zone: "Asia/Shanghai"},
	}}
	schedule, _ := window.New(&never)
	for b.Loop() {
		schedule.At(time.Unix(1_800_000_000, 0))
	}
}
