package verify

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/sluice-gitops/sluice/environments"
)

// metricEvery is the time between two queries where a metric does not say.
const metricEvery = 15 * time.Second

// metric is a query with all variables put in, and the bounds of its value.
type metric struct {
	server   *Prometheus
	query    string
	min, max *float64
	empty    bool // an empty result holds
}

// metric makes the checks of a metric: one for the wave, or one for each group.
func (p *preparation) metric(from environments.Metric) []*check {
	of := "metric " + from.Name
	if p.config.Prometheus == nil && !p.offline {
		p.fault(from.Pos, "no-prometheus", "who runs the daemon can set prometheus: {url: http://HOST:9090} there",
			"%s: the daemon's file names no Prometheus to ask", of)
	}
	all, ok := p.wordings(map[string]string{"query": from.Query}, from.Pos)
	if !ok {
		return nil
	}
	every := cmp.Or(from.Every, metricEvery)
	if from.For > 0 {
		every = min(every, from.For)
	}
	var checks []*check
	for _, w := range all {
		made := &metric{server: p.config.Prometheus, min: from.Min, max: from.Max, empty: from.NoData == "pass"}
		made.query = p.plain(w, "query", of, from.Pos)
		checks = append(checks, &check{kind: ofMetric, name: from.Name, group: w.group, every: every, over: from.For, attempt: made.attempt})
	}
	return checks
}

// attempt asks once.
func (m *metric) attempt(ctx context.Context) outcome {
	values, err := m.server.query(ctx, m.query)
	if err != nil {
		return err.outcome()
	}
	return m.judge(values)
}

// judge holds every value against the bounds, and tells of the first that is outside, else of the one next to a bound.
func (m *metric) judge(values []float64) outcome {
	if len(values) == 0 && m.empty {
		return outcome{good, "no data, which is fine"}
	}
	if len(values) == 0 {
		return outcome{bad, "no data"}
	}
	for _, value := range values {
		if missed := m.missed(value); missed != "" {
			return outcome{bad, missed + among(values)}
		}
	}
	return outcome{good, number(m.closest(values)) + m.bounds() + among(values)}
}

func (m *metric) missed(value float64) string {
	switch {
	case math.IsNaN(value):
		return "not a number"
	case m.max != nil && value > *m.max:
		return number(value) + ", want at most " + number(*m.max)
	case m.min != nil && value < *m.min:
		return number(value) + ", want at least " + number(*m.min)
	}
	return ""
}

// closest is the value that a person wants to see: the largest, or the smallest where only that is bounded.
func (m *metric) closest(values []float64) float64 {
	found := values[0]
	for _, value := range values {
		if (value > found) == (m.max != nil || m.min == nil) {
			found = value
		}
	}
	return found
}

func (m *metric) bounds() string {
	text := ""
	if m.min != nil {
		text += ", at least " + number(*m.min)
	}
	if m.max != nil {
		text += ", at most " + number(*m.max)
	}
	return text
}

// among says that a value is one of several.
func among(values []float64) string {
	if len(values) < 2 {
		return ""
	}
	return fmt.Sprintf(" (of %d series)", len(values))
}

// number writes a value with the digits that are worth reading.
func number(value float64) string { return strconv.FormatFloat(value, 'g', 6, 64) }
