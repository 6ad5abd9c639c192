package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/settings"
)

const chart = "helm/sluice"

// values writes the values of a golden and returns the golden and their file.
func values(t *testing.T, path string) (*txtar.Archive, string) {
	t.Helper()
	golden, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, golden.Files[0].Data, 0o600); err != nil {
		t.Fatal(err)
	}
	return golden, file
}

func goldens(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/helm/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no values to render: %v", err)
	}
	return paths
}

// TestChart renders the chart as each of testdata/helm wants it, and holds the objects to the types of the Kubernetes API.
func TestChart(t *testing.T) {
	helm := tool(t, "helm")
	for _, path := range goldens(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			golden, file := values(t, path)
			if said, err := output(helm, "lint", "--strict", chart, "-f", file); err != nil {
				t.Errorf("lint: %v\n%s", err, said)
			}
			rendered := template(t, helm, file)
			compareGolden(t, path, golden, "want.yaml", rendered)
			notes, err := output(helm, "install", "sluice", chart, "--namespace", "gitops", "-f", file, "--dry-run=client", "--output", "json")
			if err != nil {
				t.Errorf("install: %v\n%s", err, notes)
			}
			compareGolden(t, path, golden, "notes.txt", notesOf(t, notes))
			t.Run("the objects are such", func(t *testing.T) { objectsAreSuch(t, rendered) })
			t.Run("the daemon's file loads", func(t *testing.T) { daemonFileLoads(t, rendered) })
		})
	}
}

func template(t *testing.T, helm, file string) string {
	t.Helper()
	rendered, err := exec.Command(helm, "template", "sluice", chart, "--namespace", "gitops", "-f", file).Output()
	if err != nil {
		said, _ := output(helm, "template", "sluice", chart, "-f", file)
		t.Fatalf("template: %v\n%s", err, said)
	}
	return string(rendered)
}

// notesOf finds what people are told in the JSON that install prints.
func notesOf(t *testing.T, printed string) string {
	t.Helper()
	var release struct{ Info struct{ Notes string } }
	if err := json.Unmarshal([]byte(printed[max(strings.Index(printed, "{"), 0):]), &release); err != nil {
		t.Fatalf("%v in %s", err, printed)
	}
	return release.Info.Notes + "\n"
}

func compareGolden(t *testing.T, path string, golden *txtar.Archive, name, got string) {
	t.Helper()
	at := -1
	for i, file := range golden.Files {
		if file.Name == name {
			at = i
		}
	}
	switch {
	case *update && at < 0:
		golden.Files = append(golden.Files, txtar.File{Name: name, Data: []byte(got)})
	case *update:
		golden.Files[at].Data = []byte(got)
	case at < 0:
		t.Fatalf("%s has no %s: go test ./deploy -update writes it", path, name)
	default:
		if diff := cmp.Diff(string(golden.Files[at].Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return
	}
	if err := os.WriteFile(path, txtar.Format(golden), 0o644); err != nil {
		t.Fatal(err)
	}
}

// objectsAreSuch decodes each object strictly, by the types of the Kubernetes API.
func objectsAreSuch(t *testing.T, rendered string) {
	check := exec.Command(tool(t, "kube"))
	check.Stdin = strings.NewReader(rendered)
	told, err := check.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, told)
	}
	if objects := strings.Count(rendered, "\nkind: "); strings.Count(string(told), "\n") != objects {
		t.Errorf("%d objects are rendered, and these were looked at:\n%s", objects, told)
	}
}

// TestTheCheckOfObjectsFindsFaults holds that the check is one: a field that is none, and a kind that is none.
func TestTheCheckOfObjectsFindsFaults(t *testing.T) {
	kube := tool(t, "kube")
	for name, object := range map[string]string{
		"field": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n",
		"type":  "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: web}]}\n",
		"kind":  "apiVersion: v1\nkind: Servise\nmetadata: {name: a}\n",
	} {
		check := exec.Command(kube)
		check.Stdin = strings.NewReader(object)
		if told, err := check.CombinedOutput(); err == nil {
			t.Errorf("%s: no fault: %s", name, told)
		}
	}
}

// daemonFileLoads reads the daemon's own file out of the ConfigMap as the daemon will.
func daemonFileLoads(t *testing.T, rendered string) {
	_, rest, ok := strings.Cut(rendered, "  sluice-daemon.yaml: |\n")
	file, _, ended := strings.Cut(rest, "\n---\n")
	if !ok || !ended {
		t.Fatal("no ConfigMap is rendered")
	}
	loads(t, strings.ReplaceAll("\n"+file, "\n    ", "\n"))
}

// TestTheChartKnowsTheKeysOfTheDaemon holds the schema of the values to that of the daemon's own file, so that a key that is none is
// refused before anything is installed.
func TestTheChartKnowsTheKeysOfTheDaemon(t *testing.T) {
	path := filepath.Join(chart, "values.schema.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), "\n    \"config\": ")
	_, after, okay := strings.Cut(rest, ",\n    \"secrets\": ")
	if !ok || !okay {
		t.Fatal("the schema of the values has no config before its secrets")
	}
	of := settings.Schema()
	// The values are whole only after they are merged, and the chart says what is missing in better words.
	delete(of, "required")
	schema, err := json.MarshalIndent(of, "    ", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want := before + "\n    \"config\": " + string(schema) + ",\n    \"secrets\": " + after
	if want == string(data) {
		return
	}
	if !*update {
		t.Fatalf("%s does not know the keys of the daemon's file: go test ./deploy -update", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestChartRefuses holds what must not be installed: each of these values is wrong in one place, and the words say where.
func TestChartRefuses(t *testing.T) {
	helm := tool(t, "helm")
	const good = "config:\n  repository: {url: /r}\n  gatewayGroups: {a: {environment: a, type: embedded}}\n"
	tests := []struct{ name, values, want string }{
		{"no config", "{}", "config.repository"},
		{"nobody is asked who they are", good, "config.access is missing"},
		{"the chart's own key", good + "  access: {open: true}\n  listen: 127.0.0.1:1\n", "config.listen is the chart's own"},
		{"replicas without etcd", good + "  access: {open: true}\nreplicas: 3\n", "config.journal.etcd.endpoints"},
		{"an unknown value", good + "  access: {open: true}\nreplica: 3\n", "replica"},
		{"an unknown key of the daemon", good + "  access: {open: true}\n  gatewayGroup: {}\n", "gatewayGroup"},
		{"an unknown key deep down", good + "  access: {opne: true}\n", "opne"},
		{"no replica", good + "  access: {open: true}\nreplicas: 0\n", "replicas"},
		{"a secret with a path", good + "  access: {open: true}\nsecrets: [../etc]\n", "secrets"},
		{"a volume for many writers", good + "  access: {open: true}\npersistence: {accessModes: [ReadWriteMany]}\n", "accessModes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "values.yaml")
			if err := os.WriteFile(file, []byte(tt.values), 0o600); err != nil {
				t.Fatal(err)
			}
			said, err := output(helm, "template", "sluice", chart, "-f", file)
			if err == nil || !strings.Contains(said, tt.want) {
				t.Errorf("got %v, want %q in %s", err, tt.want, said)
			}
		})
	}
}

// TestTheChartHasTheAlerts holds the rules in the chart to those that Prometheus is given elsewhere: a chart can't read what stands
// outside of it.
func TestTheChartHasTheAlerts(t *testing.T) {
	want, err := os.ReadFile(alerts)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(chart, "files", "alerts.yaml")
	if *update {
		if err := os.WriteFile(copied, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(copied)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s is not %s: go test ./deploy -update: %v", copied, alerts, err)
	}
	_, file := values(t, "testdata/helm/one.txtar")
	rendered, err := output(tool(t, "helm"), "template", "sluice", chart, "-f", file, "--set", "prometheusRule.enabled=true", "--show-only", "templates/prometheusrule.yaml")
	if err != nil || strings.Count(rendered, "alert: ") != strings.Count(string(want), "alert: ") {
		t.Fatalf("%v\n%s", err, rendered)
	}
	objectsAreSuch(t, rendered)
}
