package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/strictyaml"
)

const alerts = "alerts/sluice.yaml"

// alert is one rule.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func readAlerts(t *testing.T) []alert {
	t.Helper()
	data, err := os.ReadFile(alerts)
	if err != nil {
		t.Fatal(err)
	}
	root, faults := strictyaml.Parse(alerts, data)
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	faults.Add(strictyaml.Decode(root, &file)...)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	var rules []alert
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) < 10 {
		t.Fatalf("%d alerts found: the search is broken", len(rules))
	}
	return rules
}

// TestAlertsFire lets Prometheus's own tool check the rules and play what testdata/alerts says of them.
func TestAlertsFire(t *testing.T) {
	promtool := tool(t, "promtool")
	if out, err := output(promtool, "check", "rules", alerts); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
	if out, err := output(promtool, "test", "rules", "testdata/alerts/rules.yaml"); err != nil {
		t.Errorf("promtool test rules: %v\n%s", err, out)
	}
}

// TestEveryAlertIsPlayed holds each alert to a time at which it fires, and one at which it does not.
func TestEveryAlertIsPlayed(t *testing.T) {
	data, err := os.ReadFile("testdata/alerts/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	played := string(data)
	for _, rule := range readAlerts(t) {
		fires := fmt.Sprintf("alertname: %s\n        exp_alerts:", rule.Alert)
		silent := regexp.MustCompile(`eval_time: \w+, alertname: ` + rule.Alert + `}`)
		if !strings.Contains(played, fires) || !silent.MatchString(played) {
			t.Errorf("%s: testdata/alerts/rules.yaml must see it fire and be silent", rule.Alert)
		}
	}
}

// TestEveryAlertSaysWhatToDo holds each alert to its annotations, and its runbook to a section of docs/alerts.md; and the other way round.
func TestEveryAlertSaysWhatToDo(t *testing.T) {
	data, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, found := range regexp.MustCompile(`(?m)^## (Sluice\w+)$`).FindAllStringSubmatch(string(data), -1) {
		sections = append(sections, found[1])
	}
	var names []string
	for _, rule := range readAlerts(t) {
		names = append(names, rule.Alert)
		for _, key := range []string{"summary", "description", "runbook_url"} {
			if rule.Annotations[key] == "" {
				t.Errorf("%s has no %s", rule.Alert, key)
			}
		}
		want := "https://github.com/sluice-gitops/sluice/blob/main/docs/alerts.md#" + strings.ToLower(rule.Alert)
		if rule.Annotations["runbook_url"] != want {
			t.Errorf("%s leads to %s, want %s", rule.Alert, rule.Annotations["runbook_url"], want)
		}
		if !slices.Contains([]string{"critical", "warning"}, rule.Labels["severity"]) {
			t.Errorf("%s has the severity %q", rule.Alert, rule.Labels["severity"])
		}
		if !slices.Contains(sections, rule.Alert) {
			t.Errorf("docs/alerts.md has no section %q", rule.Alert)
		}
	}
	for _, section := range strings.Split(string(data), "\n## Sluice")[1:] {
		name, _, _ := strings.Cut(section, "\n")
		for _, part := range []string{"**Look first**", "**Do**", "**Ends by itself**"} {
			if !strings.Contains(section, "\n"+part) {
				t.Errorf("docs/alerts.md: the section Sluice%s has no %s", name, part)
			}
		}
	}
	for _, section := range sections {
		if !slices.Contains(names, section) {
			t.Errorf("docs/alerts.md has a section %q, which is no alert", section)
		}
	}
}

// TestQueriesNameMetrics holds alerts and dashboards to metrics that there are.
func TestQueriesNameMetrics(t *testing.T) {
	documented, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("grafana/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	for _, file := range append(files, alerts, "testdata/alerts/rules.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`\bsluice_[a-z_]+\b`).FindAllString(string(data), -1)
		if len(names) == 0 {
			t.Errorf("%s names no metric: the search is broken", file)
		}
		for _, name := range names {
			base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
			if !strings.Contains(string(documented), "`"+name+"`") && !strings.Contains(string(documented), "`"+base+"` | histogram") {
				t.Errorf("%s asks for %s, which is no metric", file, name)
			}
		}
	}
}
