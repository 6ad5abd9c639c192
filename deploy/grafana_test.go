package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// dashboard is what the test needs of Grafana's JSON.
type dashboard struct {
	UID        string `json:"uid"`
	Title      string `json:"title"`
	Templating struct {
		List []struct {
			Name string `json:"name"`
		} `json:"list"`
	} `json:"templating"`
	Panels []struct {
		ID          int    `json:"id"`
		Type        string `json:"type"`
		Title       string `json:"title"`
		Description string `json:"description"`
		GridPos     struct{ H, W, X, Y int }
		Targets     []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

// TestDashboard holds the dashboard to its form: every panel has a place of its own, says what it shows and asks for something that
// Prometheus can parse. That the metrics exist is held by TestQueriesNameMetrics.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile("grafana/sluice.json")
	if err != nil {
		t.Fatal(err)
	}
	var board dashboard
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	taken, ids, queries := map[[2]int]string{}, map[int]bool{}, []string{}
	for _, panel := range board.Panels {
		if ids[panel.ID] || panel.Title == "" {
			t.Errorf("panel %d %q: its number is taken, or it has no title", panel.ID, panel.Title)
		}
		ids[panel.ID] = true
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				if other, is := taken[[2]int{x, y}]; is || x >= 24 {
					t.Fatalf("panel %q lies on %q, or beside the board", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type != "row" && (panel.Description == "" || len(panel.Targets) == 0) {
			t.Errorf("panel %q says nothing or asks for nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			queries = append(queries, target.Expr)
		}
	}
	checkQueries(t, queries)
}

// checkQueries lets Prometheus's own tool parse the queries, as rules, with something in the place of Grafana's variables.
func checkQueries(t *testing.T, queries []string) {
	t.Helper()
	promtool := tool(t, "promtool")
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i, query := range queries {
		query = strings.NewReplacer("$__rate_interval", "5m", "$environment", ".*", "$group", ".*", "$job", ".*").Replace(query)
		fmt.Fprintf(&rules, "      - {record: 'query:%d', expr: %q}\n", i, query)
	}
	file := t.TempDir() + "/queries.yaml"
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := output(promtool, "check", "rules", file); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
}
