package apisix

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// fixtures returns the directory of recorded answers of real gateways, or skips the test.
func fixtures(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	found := filepath.Join(dir, "..", "shared", "fixtures", "apisix")
	if _, err := os.Stat(found); err != nil {
		t.Skip("SKIPPED: no recorded answers of real gateways at ../shared/fixtures/apisix; the laws against them were NOT checked")
	}
	return found
}

func readFixture(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures(t), name))
	if err != nil {
		t.Fatal(err)
	}
	decode(t, text, into)
}

func decode(t testing.TB, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
}

// step is one line of a transcript.
type step struct {
	Case    string
	Step    int
	Setup   *struct{ Stream bool }
	Request *struct {
		Method, Path, Query string
		Body                json.RawMessage
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

// placeholders are the values that stand behind the transcripts' placeholders.
func placeholders(t testing.TB) *strings.Replacer {
	var certificates map[string]string
	readFixture(t, "certificates.json", &certificates)
	pairs := []string{
		`"$TIME"`, `1700000000`, `"$INDEX"`, `7`, `$CIPHER`, `c2VjcmV0IGNpcGhlciE=`, `$ID`, `00000000000000000007`,
		`$BACKEND_A`, `127.0.0.1:1981`, `$BACKEND_B`, `127.0.0.1:1982`, `$BACKEND_C`, `127.0.0.1:1983`, `$BACKEND_DEAD`, `127.0.0.1:1`,
	}
	// Longer names first: a replacer takes the first that fits.
	for _, longer := range []bool{true, false} {
		for name, pem := range certificates {
			if (len(name) > len("CERT_A")) == longer {
				quoted, _ := json.Marshal(pem)
				pairs = append(pairs, `$`+strings.TrimPrefix(name, "$"), strings.Trim(string(quoted), `"`))
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

// transcript returns the steps of a version, with values in the place of placeholders.
func transcript(t testing.TB, version string) []step {
	t.Helper()
	file, err := os.Open(filepath.Join(fixtures(t), "admin-"+version+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	replacer := placeholders(t)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	var steps []step
	for lines.Scan() {
		var s step
		decode(t, []byte(replacer.Replace(lines.Text())), &s)
		if s.Request != nil {
			steps = append(steps, s)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// recordedSchemas are the schemas of a recorded version.
func recordedSchemas(t testing.TB, version string) schema.Set {
	t.Helper()
	var told struct {
		Main          map[string]map[string]any
		Plugins       map[string]schema.Plugin
		StreamPlugins map[string]schema.Plugin `json:"stream_plugins"`
	}
	readFixture(t, "schema-"+version+".json", &told)
	if version == "3.18" {
		readFixture(t, "schema-types-3.18.json", &told.Main)
		readFixture(t, "plugins-all-3.18.json", &told.Plugins)
	}
	set := schema.Set{
		Product: "apisix", Version: version, Kinds: map[gateway.Kind]map[string]any{}, Plugins: told.Plugins, Stream: told.StreamPlugins,
	}
	for kind, name := range schemaTypes {
		if text, ok := told.Main[name]; ok {
			set.Kinds[kind] = text
		}
	}
	return set
}

// recordedTable is what a client reads from a gateway of a recorded version.
func recordedTable(t testing.TB, version string) *defaultTable {
	t.Helper()
	table, err := tableOfTold(recordedSchemas(t, version))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// recordedDefaults are the defaults of a recorded version.
func recordedDefaults(t testing.TB, version string) gateway.Defaults {
	t.Helper()
	return recordedTable(t, version).at
}

// keyOfPath reads the path of a request to one resource.
func keyOfPath(path string) (gateway.Key, bool) {
	rest, ok := strings.CutPrefix(path, "/apisix/admin/")
	parts := strings.Split(rest, "/")
	switch {
	case !ok:
		return gateway.Key{}, false
	case len(parts) == 2 && gateway.Kind(parts[0]).Valid() && parts[0] != "secrets":
		return gateway.Key{Kind: gateway.Kind(parts[0]), ID: parts[1]}, true
	case len(parts) == 3 && parts[0] == "secrets":
		return gateway.Key{Kind: gateway.Secrets, ID: parts[1] + "/" + parts[2]}, true
	case len(parts) == 4 && parts[2] == "credentials":
		return gateway.Key{Kind: gateway.Credentials, ID: parts[1] + "/" + parts[3]}, true
	}
	return gateway.Key{}, false
}
