package schema_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// put is one recorded PUT and what a real gateway said.
type put struct {
	name   string
	r      gateway.Resource
	status int
	reason string
}

// puts returns the recorded PUTs of single resources whose body is an object.
func puts(t *testing.T) []put {
	t.Helper()
	var certificates map[string]string
	readJSON(t, "certificates.json", &certificates)
	file, err := os.Open(fixture(t, "admin-3.18.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	var found []put
	for lines.Scan() {
		var step struct {
			Case    string
			Step    int
			Request *struct {
				Method, Path string
				Body         json.RawMessage
			}
			Response struct {
				Status int
				Body   json.RawMessage
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			t.Fatal(err)
		}
		if step.Request == nil || step.Request.Method != "PUT" {
			continue
		}
		if r, ok := resourceOf(step.Request.Path, expanded(step.Request.Body, certificates)); ok {
			var said struct {
				Reason string `json:"error_msg"`
			}
			_ = json.Unmarshal(step.Response.Body, &said) // an answer that is no object has no reason
			found = append(found, put{step.Case + " " + strconv.Itoa(step.Step), r, step.Response.Status, said.Reason})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// expanded puts certificates in the place of their names.
func expanded(body json.RawMessage, certificates map[string]string) string {
	var pairs []string
	names := make([]string, 0, len(certificates))
	for name := range certificates {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		quoted, _ := json.Marshal(certificates[name])
		pairs = append(pairs, "$"+strings.TrimPrefix(name, "$"), strings.Trim(string(quoted), `"`))
	}
	for _, backend := range []string{"$BACKEND_A", "$BACKEND_B", "$BACKEND_C", "$BACKEND_DEAD"} {
		pairs = append(pairs, backend, "127.0.0.1:1981")
	}
	return strings.NewReplacer(pairs...).Replace(string(body))
}

// resourceOf reads a path and a body as render would hand them on.
func resourceOf(path, body string) (gateway.Resource, bool) {
	rest, ok := strings.CutPrefix(path, "/apisix/admin/")
	kind, id, named := strings.Cut(rest, "/")
	if owner, credential, nested := strings.Cut(id, "/credentials/"); nested {
		kind, id = "credentials", owner+"/"+credential
	}
	key := gateway.Key{Kind: gateway.Kind(kind), ID: id}
	var raw map[string]any
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	if !ok || !named || !key.Kind.Valid() || decoder.Decode(&raw) != nil {
		return gateway.Resource{}, false
	}
	canonical, err := gateway.Canonical(raw)
	if err != nil {
		return gateway.Resource{}, false // a null: render hands none on
	}
	spec := canonical.(map[string]any)
	if key.Kind != gateway.PluginMetadata && key.Kind != gateway.Secrets {
		delete(spec, "id")
		delete(spec, "username")
	}
	return gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}, true
}

// aboutSchema are the beginnings of the reasons that a schema gives.
var aboutSchema = []string{
	"invalid configuration", "failed to check the configuration of plugin", "unknown plugin", "invalid plugins configuration",
	"invalid plugin conf", "additional properties forbidden", "the property is forbidden",
	"missing key", "`upstream_host` can't be empty",
}

func isAboutSchema(p put) bool {
	return p.status == 400 && slices.ContainsFunc(aboutSchema, func(begin string) bool { return strings.HasPrefix(p.reason, begin) })
}

// TestCheckAgreesWithRealGateways replays recorded PUTs: what was taken has no fault, what was refused for its schema has one.
func TestCheckAgreesWithRealGateways(t *testing.T) {
	set, taken, refused := recorded(t), 0, 0
	seen := map[string]bool{}
	for _, p := range puts(t) {
		faults := set.Check(p.r)
		wrong := ""
		switch {
		case p.status < 300:
			taken++
			if len(faults) > 0 {
				wrong = "taken by the gateway, and here: " + faults[0].String()
			}
		case isAboutSchema(p):
			refused++
			if len(faults) == 0 {
				wrong = "refused by the gateway, and not here: " + p.reason
			}
		}
		if _, known := exceptions[p.name]; known {
			seen[p.name] = true
			if wrong == "" {
				t.Errorf("%s agrees: take it off the list of exceptions", p.name)
			}
		} else if wrong != "" {
			t.Errorf("%s %s %s: %s", p.name, p.r.Key, gateway.AppendCanonical(nil, p.r.Spec), wrong)
		}
	}
	for name := range exceptions {
		if !seen[name] {
			t.Errorf("the exception %s is no recorded PUT", name)
		}
	}
	if taken < 300 || refused < 150 {
		t.Errorf("only %d PUTs that were taken and %d that were refused", taken, refused)
	}
	t.Logf("%d were taken, %d refused", taken, refused)
}

// exceptions are the PUTs where the schemas don't say what the gateway does, and why.
var exceptions = map[string]string{
	"consumers/put-url-name-without-body-name 1": "the name is in the key here, and the body that is sent has it",
	"plugins/proxy-rewrite 3":                    "the plugin's code compiles the expression",
	"plugins/response-rewrite 4":                 "the plugin's code decodes the text",
	"plugins/cors 1":                             "the plugin's code knows that the two exclude each other",
	"plugins/workflow 3":                         "the plugin's code knows the actions",
}
