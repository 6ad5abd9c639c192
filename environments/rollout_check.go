package environments

import "time"

// check finds what is wrong with the values of a rollout that could be read.
func (r *Rollout) check(at place) {
	at.key("onFailure").word(r.OnFailure, Hold, Rollback)
	at.key("queue").word(r.Queue, Newest, Every)
	at.key("reverts").word(r.Reverts, Always, Windows)
	if r.Verify != nil {
		r.Verify.check(at.key("verify"))
	}
	for i, window := range r.Windows {
		window.check(at.key("windows").item(i))
	}
	if r.Freeze != nil {
		r.Freeze.check(at.key("freeze"))
	}
	services := named{what: "canary of the service"}
	for i, canary := range r.Canary {
		at := at.key("canary").item(i)
		services.check(at.key("service"), canary.Service)
		canary.check(at)
	}
}

func (w Window) check(at place) {
	switch {
	case w.Allow != "" && w.Deny != "":
		at.key("deny").wrong("write two windows", "a window can't both allow and deny")
	case w.Allow == "" && w.Deny == "":
		if at.key("deny").node == nil {
			at.needs("allow", "a window", "write allow or deny, as {allow: \"Mon-Thu 09:00-17:00\", zone: Europe/Berlin}")
		} else {
			at.needs("deny", "a window", spanForms)
		}
	}
	for key, text := range map[string]string{"allow": w.Allow, "deny": w.Deny} {
		if text == "" {
			continue
		}
		if _, err := ParseSpan(text); err != nil {
			at.key(key).wrong(spanForms, "%v", err)
		}
	}
	at.key("zone").zone(w.Zone)
}

// zone checks the name of a time zone and returns it; UTC where it is none.
func (p place) zone(name string) *time.Location {
	zone, err := LoadZone(name)
	if err != nil {
		p.wrong("write a name of the IANA database, as Europe/Berlin; UTC is the default", "%v", err)
		return time.UTC
	}
	return zone
}

// moment checks a date or a moment. Zero: there is none.
func (p place) moment(text string, zone *time.Location) time.Time {
	if text == "" {
		return time.Time{}
	}
	moment, err := ParseMoment(text, zone)
	if err != nil {
		p.wrong("write a date, as 2027-01-04, or a moment, as 2027-01-04T09:00:00+01:00", "%v", err)
	}
	return moment
}

func (f Freeze) check(at place) {
	zone := at.key("zone").zone(f.Zone)
	from, until := at.key("from").moment(f.From, zone), at.key("until").moment(f.Until, zone)
	at.needs("until", "a freeze", "write when it ends, as until: 2027-01-04")
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		at.key("until").wrong("until is the first moment after the freeze", "the freeze ends before it begins")
	}
}

func (p Pause) check(at place) {
	at.needs("reason", "a pause", "write why, as reason: the cluster is being moved")
	at.key("until").moment(p.Until, time.UTC)
}

func (c Canary) check(at place) {
	at.needs("service", "a canary", "write the id of the service, as service: users")
	at.needs("steps", "a canary", "write growing shares in percent, as steps: [5, 25, 50]")
	at.needs("every", "a canary", "write how long each step stands, as every: 10m")
	for i, share := range c.Steps {
		switch at := at.key("steps").item(i); {
		case share < 1 || share > 99:
			at.wrong("write 1 to 99; the whole comes by itself after the last step", "a step can't be %d percent", share)
		case i > 0 && share <= c.Steps[i-1]:
			at.wrong("write growing shares, as steps: [5, 25, 50]", "the step of %d percent comes after one of %d", share, c.Steps[i-1])
		}
	}
	at.key("every").positive("none")
	checkMetrics(at.key("metrics"), c.Metrics)
}
