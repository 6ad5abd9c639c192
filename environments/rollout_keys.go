package environments

import "github.com/sluice-gitops/sluice/strictyaml"

// rolloutKeys are those that say how an environment takes a commit.
func rolloutKeys() strictyaml.Keys {
	keys := strictyaml.Keys{
		{Path: "rollout.onFailure", Meaning: "what happens when an apply does not verify: `hold` stands still, `rollback` puts back what was verified last", Default: "`hold`",
			Schema: oneOfWords(Hold, Rollback, "")},
		{Path: "rollout.queue", Meaning: "`newest`: a newer commit takes the place of one that waits; `every`: each commit is applied and verified in its turn", Default: "`newest`",
			Schema: oneOfWords(Newest, Every, "")},
		{Path: "rollout.reverts", Meaning: "`always`: a revert to what was verified before passes windows and freezes; `windows`: it waits too", Default: "`always`",
			Schema: oneOfWords(Always, Windows, "")},
		{Path: "rollout.windows[].allow", Meaning: `when an apply may start, as "Mon-Thu 09:00-17:00"; one of several is enough`, Default: "at any time"},
		{Path: "rollout.windows[].deny", Meaning: `when no apply may start, as "Fri 12:00-24:00" or "2026-12-24..2027-01-01"; it counts more than allow`, Default: "never"},
		{Path: "rollout.windows[].zone", Meaning: "the time zone of the window, as `Europe/Berlin`", Default: "`UTC`"},
		{Path: "rollout.freeze.reason", Meaning: "why, for the status", Default: "none"},
		{Path: "rollout.freeze.from", Meaning: "a date, or a moment as `2026-12-24T18:00:00+08:00`", Default: "at once"},
		{Path: "rollout.freeze.until", Meaning: "the same; a date ends the freeze at its beginning", Default: "required"},
		{Path: "rollout.freeze.zone", Meaning: "the time zone of the dates", Default: "`UTC`"},
	}
	keys = append(keys, verifyKeys()...)
	return append(append(keys, canaryKeys()...),
		strictyaml.Key{Path: "paused.reason", Meaning: "nothing is applied here as long as `paused` stands; why, for the status", Default: "required"},
		strictyaml.Key{Path: "paused.until", Meaning: "a date (in UTC) or a moment, at which the pause ends by itself", Default: "until it is taken away"})
}

func verifyKeys() strictyaml.Keys {
	return append(strictyaml.Keys{
		{Path: "rollout.verify.health", Meaning: "the status API of every instance must answer that it is ready", Default: "`false`"},
		{Path: "rollout.verify.soak", Meaning: "how long all of it must keep holding", Default: "none"},
		{Path: "rollout.verify.timeout", Meaning: "for all of it, the soak included", Default: "`15m` over the soak"},
		{Path: "rollout.verify.probes[].name", Meaning: "its name in texts", Default: "required"},
		{Path: "rollout.verify.probes[].url", Meaning: "what is asked for; the daemon's file must allow the address", Default: "required"},
		{Path: "rollout.verify.probes[].method", Meaning: "the method", Default: "`GET`"},
		{Path: "rollout.verify.probes[].headers", Meaning: "a header; may hold `${secret(name)}`", Default: "none"},
		{Path: "rollout.verify.probes[].body", Meaning: "what is sent", Default: "none"},
		{Path: "rollout.verify.probes[].expect.status", Meaning: "the wanted status, or a list of them", Default: "200 to 299",
			Schema: oneOrMore(map[string]any{"type": "integer", "minimum": 100, "maximum": 599})},
		{Path: "rollout.verify.probes[].expect.body", Meaning: "a regular expression (RE2) that the body must match", Default: "any"},
		{Path: "rollout.verify.probes[].expect.json[].path", Meaning: "a place in a JSON answer, as `status.checks[0].name`", Default: "required"},
		{Path: "rollout.verify.probes[].expect.json[].equals", Meaning: "what must stand there; this or `matches`", Default: "none"},
		{Path: "rollout.verify.probes[].expect.json[].matches", Meaning: "a regular expression (RE2) that it must match", Default: "none"},
		{Path: "rollout.verify.probes[].within", Meaning: "for the whole answer", Default: "`5s`"},
		{Path: "rollout.verify.probes[].times", Meaning: "good answers in a row, 1 to 1000", Default: "1"},
		{Path: "rollout.verify.probes[].every", Meaning: "between two requests", Default: "`1s`"},
	}, metricKeys("rollout.verify.metrics[]")...)
}

func canaryKeys() strictyaml.Keys {
	return append(strictyaml.Keys{
		{Path: "rollout.canary[].service", Meaning: "the id of a service whose new upstream takes a growing share of the requests", Default: "required"},
		{Path: "rollout.canary[].steps", Meaning: "the shares in percent, growing, 1 to 99; the whole follows the last step", Default: "required"},
		{Path: "rollout.canary[].every", Meaning: "how long each step stands", Default: "required"},
	}, metricKeys("rollout.canary[].metrics[]")...)
}

func metricKeys(at string) strictyaml.Keys {
	return strictyaml.Keys{
		{Path: at + ".name", Meaning: "its name in texts", Default: "required"},
		{Path: at + ".query", Meaning: "a query of Prometheus; the daemon's file says where it is", Default: "required"},
		{Path: at + ".max", Meaning: "the value may not be above it; this or `min`", Default: "no bound"},
		{Path: at + ".min", Meaning: "the value may not be below it", Default: "no bound"},
		{Path: at + ".for", Meaning: "how long it must hold", Default: "once"},
		{Path: at + ".every", Meaning: "between two queries", Default: "`15s`"},
		{Path: at + ".noData", Meaning: "what an empty result means: `fail`, `pass`", Default: "`fail`", Schema: oneOfWords("fail", "pass", "")},
	}
}
