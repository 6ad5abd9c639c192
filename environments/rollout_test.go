package environments_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

func TestParseSpan(t *testing.T) {
	every := [7]bool{true, true, true, true, true, true, true}
	date := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for text, want := range map[string]environments.Span{
		"Mon-Thu 09:00-17:00":               {Weekdays: [7]bool{1: true, 2: true, 3: true, 4: true}, From: 9 * time.Hour, Until: 17 * time.Hour},
		"mon, WED 22:00-02:30":              {Weekdays: [7]bool{1: true, 3: true}, From: 22 * time.Hour, Until: 150 * time.Minute},
		"Sat-Sun":                           {Weekdays: [7]bool{0: true, 6: true}, Until: 24 * time.Hour},
		"Friday-Mon,Wed 00:00-24:00":        {Weekdays: [7]bool{0: true, 1: true, 3: true, 5: true, 6: true}, Until: 24 * time.Hour},
		"22:00-00:00":                       {Weekdays: every, From: 22 * time.Hour, Until: 24 * time.Hour},
		"  2026-12-24  ":                    {First: date("2026-12-24"), Last: date("2026-12-24"), Weekdays: every, Until: 24 * time.Hour},
		"2026-12-24..2027-01-01 18:00-6:00": {},
		"2026-12-24..2027-01-01":            {First: date("2026-12-24"), Last: date("2027-01-01"), Weekdays: every, Until: 24 * time.Hour},
		"09:00-17:00 Mon":                   {},
		"Mon-Thu 09:00-17:00 UTC":           {},
		"":                                  {},
		"Mon-":                              {},
		"-1":                                {},
	} {
		got, err := environments.ParseSpan(text)
		if wrong := want == (environments.Span{}); wrong != (err != nil) {
			t.Errorf("%q: error %v", text, err)
		} else if diff := cmp.Diff(want, got); !wrong && diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

func FuzzParseSpan(f *testing.F) {
	f.Add("Mon-Thu 09:00-17:00")
	f.Add("2026-12-24..2027-01-01 22:00-02:00")
	f.Fuzz(func(t *testing.T, text string) {
		span, err := environments.ParseSpan(text)
		if err == nil && (span.From == span.Until || span.Until == 0 || span.Until > 24*time.Hour || span.From >= 24*time.Hour ||
			span.Last.Before(span.First) || span.Weekdays == [7]bool{}) {
			t.Errorf("%q is %+v", text, span)
		}
	})
}

// TestParseMoment has days that begin when the clock does not read midnight, or reads it twice.
func TestParseMoment(t *testing.T) {
	for _, tt := range []struct{ text, zone, want string }{
		{"2027-01-04", "", "2027-01-04T00:00:00Z"},
		{"2027-01-04", "Asia/Shanghai", "2027-01-03T16:00:00Z"},
		{"2027-01-04T09:00:00+01:00", "Asia/Shanghai", "2027-01-04T08:00:00Z"},
		{"2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00Z"},    // 00:00 becomes 01:00
		{"2026-10-30", "Africa/Cairo", "2026-10-29T22:00:00Z"},    // 24:00 becomes 23:00
		{"2026-10-25", "Atlantic/Azores", "2026-10-25T00:00:00Z"}, // 01:00 becomes 00:00
		{"2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"},    // a day that there never was: the next one
		{"2027-13-04", "", ""}, {"today", "", ""}, {"2027-01-04 09:00", "", ""},
	} {
		zone, err := environments.LoadZone(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := environments.ParseMoment(tt.text, zone)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q is %s", tt.text, got)
			}
			continue
		}
		if err != nil || got.UTC().Format(time.RFC3339) != tt.want {
			t.Errorf("%s in %q: got %s, %v, want %s", tt.text, tt.zone, got.UTC().Format(time.RFC3339), err, tt.want)
		}
	}
}

func TestRolloutIsRead(t *testing.T) {
	tree := environments.Load(repoOf(map[string]string{
		"sluice.yaml": "version: 1\n",
		"environments/prod/environment.yaml": `groups: [eu]
drift: {mode: report, ignore: ["routes/*:plugins.limit-count.count", 'upstreams/users:nodes["10.0.0.1:80"]']}
paused: {reason: moving, until: 2027-01-04}
rollout:
  windows: [{allow: "Mon-Thu 09:00-17:00", zone: Asia/Shanghai}]
  freeze: {reason: year-end close, until: 2027-01-04}
  verify: {health: true, soak: 10m, probes: [{name: users, url: "https://${vars.domain}/health", expect: {status: [200, 204]}}]}
  canary: [{service: users, steps: [5, 50], every: 10m, metrics: [{name: 5xx, query: up, max: 0.5}]}]
`,
	}))
	prod, _ := tree.Find("prod")
	if len(tree.Faults)+len(prod.Faults) > 0 {
		t.Fatal(tree.Faults, prod.Faults)
	}
	if prod.Drift != environments.Report || len(prod.Ignore) != 2 {
		t.Fatalf("drift is %s, ignored is %v", prod.Drift, prod.Ignore)
	}
	counts, nodes := prod.Ignore[0], prod.Ignore[1]
	if text := nodes.String(); text != `upstreams/users:nodes["10.0.0.1:80"]` || nodes.Pos.Line != 2 {
		t.Errorf("ignored is %s at %s", text, nodes.Pos)
	}
	if !counts.Matches(gateway.Key{Kind: gateway.Routes, ID: "users"}) || counts.Matches(gateway.Key{Kind: gateway.Services, ID: "users"}) ||
		nodes.Matches(gateway.Key{Kind: gateway.Upstreams, ID: "orders"}) {
		t.Error("what is ignored matches the wrong resources")
	}
	if want := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC); prod.Paused == nil || !prod.Paused.Ends().Equal(want) {
		t.Errorf("paused: %+v", prod.Paused)
	}
	if forever := (environments.Pause{Reason: "moving"}); !forever.Ends().IsZero() {
		t.Errorf("a pause without an end ends at %s", forever.Ends())
	}
	if prod.Rollout.Canary[0].Steps[1] != 50 || *prod.Rollout.Canary[0].Metrics[0].Max != 0.5 || len(prod.Rollout.Windows) != 1 {
		t.Errorf("rollout: %+v", prod.Rollout)
	}
}
