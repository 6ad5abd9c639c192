package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gitops/sluice/reconciler"
)

// labelled is a metric with series for environments or groups.
type labelled interface {
	DeletePartialMatch(labels prometheus.Labels) int
}

// roster is who was there when somebody looked last. The zero value has seen nobody.
type roster struct {
	mu           sync.Mutex
	environments map[string]bool
	groups       map[string]bool
}

// turnover takes the names that are there now, and returns those that are gone.
func (r *roster) turnover(status reconciler.Status, come func(environment, group string)) (environments, groups []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, there := r.environments, map[string]bool{}
	hosts, hosted := r.groups, map[string]bool{}
	for _, env := range status.Environments {
		there[env.Name] = true
		if !known[env.Name] {
			come(env.Name, "")
		}
		for _, group := range env.Groups {
			hosted[group.Name] = true
			if !hosts[group.Name] {
				come(env.Name, group.Name)
			}
		}
	}
	r.environments, r.groups = there, hosted
	return missing(known, there), missing(hosts, hosted)
}

func missing(before, now map[string]bool) []string {
	var gone []string
	for name := range before {
		if !now[name] {
			gone = append(gone, name)
		}
	}
	return gone
}

// keepOnly lets the series go of environments and groups that are no longer there. A status without any says that none was read yet.
func (m *Metrics) keepOnly(status reconciler.Status) {
	if len(status.Environments) == 0 {
		return
	}
	environments, groups := m.roster.turnover(status, m.begin)
	for _, name := range environments {
		m.drop(prometheus.Labels{"environment": label(name)})
		m.came.forget(name)
	}
	for _, name := range groups {
		m.drop(prometheus.Labels{"group": label(name)})
		m.certificates.forget(name)
	}
}

// begin lets the series begin at 0 that alerts look at: Prometheus sees no increase in what appears with its first event.
func (m *Metrics) begin(environment, group string) {
	if group != "" {
		m.found.WithLabelValues(label(environment), label(group))
		m.healed.WithLabelValues(label(environment), label(group))
		return
	}
	m.verified.WithLabelValues(label(environment), "error")
	for _, state := range states() {
		if state.Final() {
			m.outcomes.WithLabelValues(label(environment), string(state))
		}
	}
}

func (m *Metrics) drop(labels prometheus.Labels) {
	for _, metric := range m.labelled {
		metric.DeletePartialMatch(labels)
	}
}
