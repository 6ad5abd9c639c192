package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/importer"
)

// TestWhatOthersHaveWrittenIsImported writes what the recordings of real gateways wrote, case by case, and imports what is there then.
// Whatever it is, the files say the same, or a fault says why they can't. It takes every sixth case; all when IMPORT_ALL_CASES is set.
func TestWhatOthersHaveWrittenIsImported(t *testing.T) {
	const fixtures = "../../../shared/fixtures/apisix"
	if _, err := os.Stat(fixtures); err != nil {
		t.Skip("SKIPPED: no recorded answers of real gateways at ../shared/fixtures/apisix; imports of what others wrote were NOT checked")
	}
	for _, version := range []string{"3.18", "3.13"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			recorded := writesByCase(t, fixtures, version)
			edge := startEdge(t, version)
			kinds, imported := map[gateway.Kind]int{}, 0
			refused := map[string]int{}
			for i, name := range slices.Sorted(maps.Keys(recorded)) {
				if i%6 != 0 && os.Getenv("IMPORT_ALL_CASES") == "" {
					continue
				}
				group := edge.after(t, recorded[name])
				if len(group.Live) == 0 {
					continue
				}
				for key := range group.Live {
					kinds[key.Kind]++
				}
				repo := importer.Import([]importer.Group{group}, importer.Options{Split: len(name)%2 == 0})
				files := filesOf(repo)
				if i%12 == 0 { // reading schemas takes its time
					files["schemas/groups.yaml"] = &fstest.MapFile{Data: []byte("edge: own\n")}
					files["schemas/own.json"] = &fstest.MapFile{Data: edge.schema}
				}
				proofs, faults := prove(files, []importer.Group{group}, repo.Secrets)
				if faults.HasErrors() || repo.Faults.HasErrors() {
					for _, fault := range append(faults, repo.Faults...) {
						refused[fault.Code]++
						t.Logf("%s: %v", name, fault)
						if slices.Contains(ourOwn, fault.Code) {
							t.Errorf("%s: %v\n%s", name, fault, textOf(repo))
						}
					}
					continue
				}
				imported++
				if len(proofs[0].content) > 0 {
					var b strings.Builder
					proofs[0].differences(&b)
					t.Errorf("%s:\n%s\n%s", name, b.String(), textOf(repo))
				}
			}
			t.Logf("%d cases imported; of kinds %v; refused %v", imported, kinds, refused)
			if imported < 50 || len(kinds) < len(gateway.Kinds()) {
				t.Errorf("only %d cases imported, of %d kinds", imported, len(kinds))
			}
		})
	}
}

// ourOwn are the faults of files that are badly written, whatever the gateway holds.
var ourOwn = []string{
	"syntax", "tab-indentation", "duplicate-key", "duplicate-id", "second-document", "unknown-tag", "misplaced-tag", "unknown-reference",
	"unknown-variable", "null-value", "type-conflict", "missing-layer", "bad-layer", "nested-layer", "file-too-large", "secret-in-key", "id-conflict",
}

type recordedWrite struct {
	Method, Path, Query string
	Body                json.RawMessage
}

// writesByCase returns the writes of each case of a transcript that the gateway took.
func writesByCase(t *testing.T, fixtures, version string) map[string][]recordedWrite {
	t.Helper()
	var certificates map[string]string
	text, err := os.ReadFile(filepath.Join(fixtures, "certificates.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &certificates); err != nil {
		t.Fatal(err)
	}
	pairs := []string{"$BACKEND_A", "127.0.0.1:1981", "$BACKEND_B", "127.0.0.1:1982", "$BACKEND_C", "127.0.0.1:1983", "$BACKEND_DEAD", "127.0.0.1:1"}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(certificates))) { // CERT_A2 before CERT_A
		quoted, _ := json.Marshal(certificates[name])
		pairs = append(pairs, name, strings.Trim(string(quoted), `"`))
	}
	replacer := strings.NewReplacer(pairs...)
	file, err := os.Open(filepath.Join(fixtures, "admin-"+version+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	writes := map[string][]recordedWrite{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var step struct {
			Case     string
			Request  *recordedWrite
			Response struct{ Status int }
		}
		if err := json.Unmarshal([]byte(replacer.Replace(lines.Text())), &step); err != nil {
			t.Fatal(err)
		}
		if step.Request != nil && step.Request.Method == http.MethodPut && step.Response.Status < 300 && len(step.Request.Body) > 0 {
			writes[step.Case] = append(writes[step.Case], *step.Request)
		}
	}
	return writes
}

// edge is a gateway that one case after the other is written to.
type edge struct {
	handler  http.Handler
	client   *apisix.Gateway
	defaults gateway.Defaults
	schema   []byte // what it takes, as it is stored in a config repo
}

func startEdge(t *testing.T, version string) *edge {
	t.Helper()
	gw, err := embedded.Start(embedded.Config{AdminKey: adminKey, Version: version + ".0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gw.Close() })
	client, err := apisix.New(apisix.Config{AdminURL: gw.AdminURL(), AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil }})
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := client.Defaults(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	set, err := client.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return &edge{gw.AdminHandler(), client, defaults, set.Encode()}
}

// after empties the gateway, writes to it, as far as it takes it, and reads what it holds then.
func (e *edge) after(t *testing.T, writes []recordedWrite) importer.Group {
	t.Helper()
	before, err := e.client.Live(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Backward(before.Keys()) {
		e.send(http.MethodDelete, "/apisix/admin/"+addressOf(key)+"?force=true", nil)
	}
	for _, write := range writes {
		e.send(http.MethodPut, (&httpURL{write.Path, write.Query}).String(), write.Body)
	}
	live, err := e.client.Live(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return importer.Group{Name: "edge", Environment: "prod", Live: live, Defaults: e.defaults}
}

func addressOf(key gateway.Key) string {
	if username, id, ok := strings.Cut(key.ID, "/"); ok && key.Kind == gateway.Credentials {
		return "consumers/" + username + "/credentials/" + id
	}
	return key.String()
}

func (e *edge) send(method, url string, body []byte) {
	request := httptest.NewRequest(method, url, bytes.NewReader(body))
	request.Header.Set("X-API-KEY", adminKey)
	e.handler.ServeHTTP(httptest.NewRecorder(), request)
}

// httpURL writes a recorded path as a URL: what it holds is not encoded.
type httpURL struct{ path, query string }

func (u *httpURL) String() string {
	encoded := strings.NewReplacer(" ", "%20", `"`, "%22", "\n", "%0A").Replace(u.path)
	if u.query != "" {
		encoded += "?" + u.query
	}
	return encoded
}
