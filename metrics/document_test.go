package metrics

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

// TestDocument holds docs/metrics.md and the registry together: each metric has one row, with its labels, and each row is a metric.
func TestDocument(t *testing.T) {
	data, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `(sluice_[a-z_]+)` \\| (counter|gauge|histogram) \\| ([a-z, ]*) ?\\| (\\S[^|]*) \\|")
	for _, found := range row.FindAllStringSubmatch(string(data), -1) {
		if _, twice := documented[found[1]]; twice {
			t.Errorf("%s has two rows", found[1])
		}
		documented[found[1]] = strings.TrimSpace(found[3])
	}
	registered := map[string]string{}
	for _, desc := range descriptions(t, newRig(t).metrics) {
		if strings.HasPrefix(desc.name, "sluice_") {
			registered[desc.name] = strings.Join(desc.labels, ", ")
		}
	}
	if len(registered) < 20 {
		t.Fatalf("%d metrics found: the search is broken", len(registered))
	}
	if diff := cmp.Diff(registered, documented); diff != "" {
		t.Errorf("metrics and docs/metrics.md (-registered +documented):\n%s", diff)
	}
}

type description struct {
	name   string
	labels []string
}

var descForm = regexp.MustCompile(`fqName: "([^"]+)", help: "[^"]*", unit: "[^"]*", constLabels: {([^}]*)}, variableLabels: {([^}]*)}`)

// descriptions reads what collectors say of themselves.
func descriptions(t *testing.T, m *Metrics) []description {
	t.Helper()
	var found []description
	for _, collector := range m.collectors() {
		descs := make(chan *prometheus.Desc, 1000)
		collector.Describe(descs)
		close(descs)
		for desc := range descs {
			parts := descForm.FindStringSubmatch(desc.String())
			if parts == nil {
				t.Fatalf("what is this: %s", desc)
			}
			var labels []string
			for label := range strings.SplitSeq(parts[2]+","+parts[3], ",") {
				if name, _, _ := strings.Cut(label, "="); name != "" {
					labels = append(labels, name)
				}
			}
			found = append(found, description{parts[1], order(labels)})
		}
	}
	return found
}

// order puts constant labels, which come by name, in the order of the document.
func order(labels []string) []string {
	known := []string{"version", "revision", "goversion"}
	slices.SortStableFunc(labels, func(a, b string) int { return slices.Index(known, a) - slices.Index(known, b) })
	return labels
}
