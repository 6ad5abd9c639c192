package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// environments answers with what runs where, as it is when somebody reads.
type environments struct{ *Metrics }

// shown are the metrics of environments and groups.
type shown struct {
	state, waiting, paused, success, failing, drifted, expiry *prometheus.Desc
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func shownDescs() shown {
	return shown{
		state:   describe("sluice_environment_state", "1 for the state that an environment is in, 0 for the others.", "environment", "state"),
		waiting: describe("sluice_environment_waiting_seconds", "Age of the oldest commit that has no end in an environment yet; 0: none waits.", "environment"),
		paused:  describe("sluice_environment_paused", "1 while somebody has paused an environment, else 0.", "environment"),
		success: describe("sluice_environment_last_success_timestamp_seconds", "When an environment was applied last, or found to be as its commit says.", "environment"),
		failing: describe("sluice_group_failing", "1 while a gateway group could not be brought to its desired state, else 0.", "environment", "group"),
		drifted: describe("sluice_group_drifted_resources", "Resources that were changed behind Git's back and are not healed.", "environment", "group"),
		expiry:  describe("sluice_certificate_expiry_timestamp_seconds", "When the first certificate ends that a gateway group was given.", "group"),
	}
}

// Describe names the metrics.
func (c environments) Describe(to chan<- *prometheus.Desc) {
	d := shownDescs()
	for _, desc := range []*prometheus.Desc{d.state, d.waiting, d.paused, d.success, d.failing, d.drifted, d.expiry} {
		to <- desc
	}
}

// Collect asks for the state, and lets the series go of what is no longer there.
func (c environments) Collect(to chan<- prometheus.Metric) {
	status, d := c.config.Status(), shownDescs()
	c.keepOnly(status)
	for _, env := range status.Environments {
		c.environment(to, d, env)
		told := map[string]bool{}
		for _, group := range env.Groups {
			if told[group.Name] {
				continue // a layout with faults may name a group twice
			}
			told[group.Name] = true
			failing := group.Error != "" || group.State == string(record.Failed)
			to <- gauge(d.failing, truth(failing), env.Name, group.Name)
			to <- gauge(d.drifted, float64(group.Drift), env.Name, group.Name)
		}
	}
	for group, until := range c.certificates.ends() {
		to <- gauge(d.expiry, seconds(until), group)
	}
}

// states are all that an environment can be in.
func states() []record.State {
	return []record.State{
		record.Queued, record.Planning, record.Applying, record.Verifying,
		record.Applied, record.Unchanged, record.Held, record.Failed, record.RolledBack, record.Superseded,
	}
}

func (c environments) environment(to chan<- prometheus.Metric, d shown, env reconciler.EnvironmentStatus) {
	for _, state := range states() {
		to <- gauge(d.state, truth(env.State == string(state)), env.Name, string(state))
	}
	to <- gauge(d.waiting, c.waits(env).Seconds(), env.Name)
	to <- gauge(d.paused, truth(env.Paused != ""), env.Name)
	if last, ok := c.config.Journal.LastApplied(env.Name, ""); ok {
		to <- gauge(d.success, seconds(last.Finished), env.Name)
	}
}

// waits returns how long the oldest commit without an end has been there. What ended before this process began has told nobody: then the
// state alone says so.
func (c environments) waits(env reconciler.EnvironmentStatus) time.Duration {
	if record.State(env.State).Final() {
		c.came.settle(env.Name, env.Target)
	}
	since, waiting := c.came.oldest(env.Name)
	if !waiting {
		return 0
	}
	return max(time.Since(since), 0)
}

func gauge(desc *prometheus.Desc, value float64, names ...string) prometheus.Metric {
	return constant(desc, prometheus.GaugeValue, value, names)
}

func counter(desc *prometheus.Desc, value float64, names ...string) prometheus.Metric {
	return constant(desc, prometheus.CounterValue, value, names)
}

func constant(desc *prometheus.Desc, kind prometheus.ValueType, value float64, names []string) prometheus.Metric {
	labels := make([]string, len(names))
	for i, name := range names {
		labels[i] = label(name)
	}
	return prometheus.MustNewConstMetric(desc, kind, value, labels...)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds since 1970.
func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
