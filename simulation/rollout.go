package simulation

import (
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/environments"
)

// rollout says how an environment takes commits. The zero value: at once, and nothing is verified.
type rollout struct {
	onFailure string // what follows when a commit does not hold; empty: nothing is verified
	every     bool   // each commit has its turn
	hours     string // the name of when a commit may be begun; empty: at any time
	strict    bool   // reverts wait, too
	frozen    time.Time
	paused    bool      // by Git
	until     time.Time // of the pause; zero: until it is taken away
	report    bool      // drift is only told
	pin       pin       // of the base layer
	ignore    bool      // some fields belong to others
	canary    string    // the name of its splits; empty: new upstreams take everything at once
}

// hours are when a commit may be begun, as the config repo says it and as a clock on the wall shows it.
type hours struct {
	key, text, zone string
	open            func(local time.Time) bool
}

// opening returns hours by their name. Those of "change" stand across the moments in which clocks are put forward and back.
func opening(name string) (hours, bool) {
	known := map[string]hours{
		"work": {"allow", "Mon-Fri 09:00-17:00", "Europe/Berlin", func(t time.Time) bool {
			return !weekend(t) && t.Hour() >= 9 && t.Hour() < 17
		}},
		"night": {"deny", "Mon-Sun 08:00-20:00", "America/New_York", func(t time.Time) bool { return t.Hour() < 8 || t.Hour() >= 20 }},
		"change": {"allow", "Sat-Sun 01:30-02:30", "Europe/Berlin", func(t time.Time) bool {
			minute := t.Hour()*60 + t.Minute()
			return weekend(t) && minute >= 90 && minute < 150
		}},
	}
	h, ok := known[name]
	return h, ok
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// write adds the rollout to an environment.yaml.
func (r rollout) write(file map[string]any) {
	rules := map[string]any{}
	if r.onFailure != "" {
		rules["verify"], rules["onFailure"] = map[string]any{"soak": "1m"}, r.onFailure
	}
	if r.every {
		rules["queue"] = environments.Every
	}
	if rules["canary"] = canaries(r.canary); r.canary == "" {
		delete(rules, "canary")
	}
	if h, ok := opening(r.hours); ok {
		rules["windows"] = []any{map[string]any{h.key: h.text, "zone": h.zone}}
	}
	if r.strict {
		rules["reverts"] = environments.Windows
	}
	if !r.frozen.IsZero() {
		rules["freeze"] = map[string]any{"reason": "year-end close", "until": r.frozen.UTC().Format(time.RFC3339)}
	}
	if len(rules) > 0 {
		file["rollout"] = rules
	}
	if r.report {
		file["drift"] = environments.Report
	}
	if r.ignore {
		mode := environments.Heal
		if r.report {
			mode = environments.Report
		}
		file["drift"] = map[string]any{"mode": mode, "ignore": ignores()}
	}
	if r.paused {
		file["paused"] = r.pause()
	}
}

func (r rollout) pause() map[string]any {
	pause := map[string]any{"reason": "by hand"}
	if !r.until.IsZero() {
		pause["until"] = r.until.UTC().Format(time.RFC3339)
	}
	return pause
}

// shutAt reports whether no commit may be begun at a moment, save a revert where that may pass.
func (r rollout) shutAt(t time.Time) bool {
	h, limited := opening(r.hours)
	if t.Before(r.frozen) {
		return true
	}
	if !limited {
		return false
	}
	zone, err := environments.LoadZone(h.zone)
	if err != nil {
		panic(err) // the zones are ours
	}
	return !h.open(t.In(zone))
}

// pausedAt reports whether Git says that the environment stands still at a moment.
func (r rollout) pausedAt(t time.Time) bool {
	return r.paused && (r.until.IsZero() || t.Before(r.until))
}

// firstRollout is one that an environment begins with. Whether each commit has its turn stays so for the whole run.
func firstRollout(dice chance) rollout {
	r := rollout{onFailure: pick(dice, "", "hold", "rollback"), every: dice.oneIn(8), report: dice.oneIn(8)}
	r.canary, r.ignore = pick(dice, "", "short", "long"), dice.oneIn(3)
	if dice.oneIn(4) {
		r.hours, r.strict = pick(dice, "work", "night", "change"), dice.oneIn(3)
	}
	switch soon := time.Now().Add(pick(dice, 10*time.Minute, 5*time.Hour)); dice.IntN(12) {
	case 0:
		r.frozen = soon
	case 1:
		r.paused, r.until = true, soon
	}
	return r
}

// govern changes how an environment takes commits.
func (c *content) govern(dice chance) string {
	name := pick(dice, c.stands...).name
	r := c.rollouts[name]
	soon := time.Now().Add(pick(dice, 10*time.Minute, 5*time.Hour, 60*time.Hour)).Truncate(time.Second)
	switch dice.IntN(8) {
	case 0:
		r.hours = pick(dice, "", "", "work", "night", "change")
	case 1:
		r.frozen = pick(dice, time.Time{}, soon)
	case 2:
		r.paused, r.until = !r.paused, pick(dice, soon, soon, time.Time{})
	case 3:
		r.report = !r.report
	case 4:
		r.onFailure = pick(dice, "", "hold", "rollback")
	case 5:
		r.strict = !r.strict
	case 6:
		r.canary = pick(dice, "", "short", "long")
	case 7:
		r.ignore = !r.ignore
	}
	c.rollouts[name] = r
	return fmt.Sprintf("rollout of %s: %s", name, r)
}

// String is the rollout for people.
func (r rollout) String() string {
	return fmt.Sprintf("onFailure %q, hours %q, strict %v, frozen %v, paused %v, report %v, ignore %v, canary %q", r.onFailure, r.hours, r.strict, !r.frozen.IsZero(), r.paused, r.report, r.ignore, r.canary)
}
