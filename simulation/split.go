package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// splitEvery is how long a step of a canary stands. It tells a step from a wave that has the commit, which soaks for another time.
const splitEvery = 7 * time.Minute

// splits are the shares of the new upstreams in percent, by service; nil for an environment that has no canary of that name.
func splits(name string) map[string][]int {
	return map[string]map[string][]int{
		"short": {"s0": {40}, "s1": {10, 50}, lockID: {40}},
		"long":  {"s0": {5, 30, 70}, "s1": {60}, "s2": {20, 50}, lockID: {10, 50, 90}},
	}[name]
}

// canaries are the splits as an environment.yaml says them.
func canaries(name string) []any {
	var rules []any
	shares := splits(name)
	for _, service := range slices.Sorted(maps.Keys(shares)) {
		rules = append(rules, map[string]any{
			"service": service, "steps": shares[service], "every": splitEvery.String(),
			"metrics": []any{map[string]any{"name": "5xx", "query": "errors of " + service, "max": 0.5}},
		})
	}
	return rules
}

// shift lets the upstream of a service, or of several, move to other addresses.
func (c *content) shift(dice chance) string {
	c.lockPort = dice.IntN(4)
	if len(c.sets) == 0 || dice.oneIn(3) {
		return fmt.Sprintf("the lock leads to %d", c.lockPort)
	}
	for number := range c.sets {
		s := c.sets[number]
		s.port = 1980 + c.number%10
		c.sets[number] = s
	}
	return fmt.Sprintf("all upstreams lead to %d", 1980+c.number%10)
}

// sick is the share from which on the errors of a bad commit show; 100 is the whole.
func (c content) sick() int { return []int{1, 35, 100}[c.number%3] }

// isStep reports whether a step of a canary is looked at, and no wave that has the commit.
func (w *waveAt) isStep() bool {
	r := w.Environment.Rollout
	return r != nil && r.Verify != nil && r.Verify.Soak == splitEvery
}

// share is the largest share of a copy in a gateway, in percent, and whether there is one.
func (s *site) share() (most int, split bool) {
	for _, is := range s.live {
		for _, share := range shares(is.spec) {
			most, split = max(most, share), true
		}
	}
	return most, split
}

// shares are the weights of the copies that a resource sends requests to, by the copies' ids.
func shares(spec map[string]any) map[string]int {
	plugins, _ := spec["plugins"].(map[string]any)
	conf, _ := plugins["traffic-split"].(map[string]any)
	found := map[string]int{}
	rules, _ := conf["rules"].([]any)
	for _, rule := range rules {
		entries, _ := rule.(map[string]any)["weighted_upstreams"].([]any)
		for _, entry := range entries {
			of := entry.(map[string]any)
			if id, named := of["upstream_id"].(string); named {
				weight, _ := of["weight"].(int64)
				found[id] = int(weight)
			}
		}
	}
	return found
}

// split is what the daemon has asked of a resource for a commit.
type split struct {
	commit string
	shares map[string]int
}

// checkShare looks at the shares that a write asks for: each is that of the step, and none falls while its commit is not taken back.
func (w *world) checkShare(s *site, r *request, key gateway.Key, entry record.Entry) {
	if r.method != http.MethodPut || key.Temporary() {
		delete(s.split, key)
		return
	}
	before, now := s.split[key], split{entry.Commit, shares(specOf(r.body))}
	wanted := shares(w.meant(entry).state[key].Spec)
	for id, share := range now.shares {
		was, had := before.shares[id]
		step, asked := wanted[id]
		switch {
		case had && share < was && before.commit == entry.Commit && !w.backFor(entry):
			w.breach("%s: the share of %s falls from %d to %d", s.name, key, was, share)
		case !(asked && share == step) && !(had && share == was):
			w.breach("%s: %s gets a share of %d, and step asks for %d", s.name, key, share, step)
		}
	}
	s.split[key] = now
}

// turned is a resource whose split somebody has set by hand, to any share, or taken away; false when it has none.
func turned(spec map[string]any, dice chance) (map[string]any, bool) {
	if len(shares(spec)) == 0 {
		return nil, false
	}
	var turned map[string]any
	if err := json.Unmarshal([]byte(text(spec)), &turned); err != nil {
		panic(err) // it was written a moment ago
	}
	plugins := turned["plugins"].(map[string]any)
	if dice.oneIn(3) {
		if delete(plugins, "traffic-split"); len(plugins) == 0 {
			delete(turned, "plugins")
		}
		return turned, true
	}
	weight := dice.IntN(101)
	for id := range shares(spec) {
		plugins["traffic-split"] = map[string]any{"rules": []any{map[string]any{"weighted_upstreams": []any{
			map[string]any{"upstream_id": id, "weight": weight}, map[string]any{"weight": 100 - weight},
		}}}}
	}
	return turned, true
}
