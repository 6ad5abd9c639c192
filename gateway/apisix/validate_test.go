package apisix

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

const validatePath = "POST /apisix/admin/configs/validate"

// mostOfARequest is below what the Admin API takes, in bytes.
const mostOfARequest = 1_400_000

// validator is a gateway without schemas of its own that answers to validate.
func validator(t *testing.T, answers ...answer) (*Gateway, *fake) {
	t.Helper()
	f := &fake{answers: map[string][]answer{"*": {{status: 200, body: `{}`}}, validatePath: answers}}
	return newGateway(t, f, nil), f
}

func complaints(list string) answer {
	return answer{status: 400, body: `{"error_msg":"Configuration validation failed","errors":[` + list + `]}`}
}

// TestValidateMapsBack compares what a gateway complains of with the resources and fields that were sent.
func TestValidateMapsBack(t *testing.T) {
	secret := gateway.NewSecret("${secret(k)}", "pl4in")
	split := resource(t, "routes/split", `{"uri":"/a","plugins":{"limit-count":{"rules":[{"count":1},{"count":"x"}]},"no-such":{}}}`)
	alice := resource(t, "credentials/alice/c1", `{"plugins":{"key-auth":{}}}`)
	alice.Spec["plugins"].(map[string]any)["key-auth"].(map[string]any)["key"] = secret
	resources := []gateway.Resource{resource(t, "routes/a", `{"uri":"/a"}`), split, resource(t, "consumers/bob", `{}`), alice}
	tests := []struct{ name, errors, want string }{
		{"a field", `{"resource_type":"routes","index":0,"error":"invalid configuration: property \"uri\" validation failed: wrong"}`,
			`routes/a uri: is refused by the gateway: invalid configuration: property "uri" validation failed: wrong`},
		{"deep in a plugin", `{"resource_type":"routes","index":1,"error":"failed to check the configuration of plugin limit-count err: property \"rules\" validation failed: failed to validate item 2: property \"count\" validation failed: wrong"}`,
			`routes/split plugins.limit-count.rules[1].count: is refused by the gateway: failed to check the configuration of plugin limit-count err: property "rules" validation failed: failed to validate item 2: property "count" validation failed: wrong`},
		{"an unknown plugin", `{"resource_type":"routes","index":1,"error":"unknown plugin [no-such]"}`,
			`routes/split plugins.no-such: is refused by the gateway: unknown plugin [no-such]`},
		{"a field that is not there", `{"resource_type":"routes","index":0,"error":"additional properties forbidden, found bogus"}`,
			`routes/a: is refused by the gateway: additional properties forbidden, found bogus`},
		{"a credential among the consumers, without its secret", `{"resource_type":"consumers","index":1,"error":"invalid plugins configuration: failed to check the configuration of plugin key-auth err: bad key pl4in"}`,
			`credentials/alice/c1 plugins.key-auth: is refused by the gateway: invalid plugins configuration: failed to check the configuration of plugin key-auth err: bad key ***`},
		{"a client certificate of the same commit", `{"resource_type":"routes","index":0,"error":"failed to fetch ssl info by ssl id [c], response code: 404"}`, ""},
		{"a plugin that moves", `{"resource_type":"routes","index":0,"error":"plugin 'cors' already exists in global rule with id 'g1'"}`, ""},
		{"a key that moves", `{"resource_type":"consumers","index":0,"error":"duplicate key of plugin key-auth found with consumer: jack"}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, _ := validator(t, complaints(test.errors))
			faults, err := g.Validate(t.Context(), resources)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, fault := range faults {
				got += fault.String()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestValidateIsSureOrFails lets the gateway answer what says nothing about the resources: that is never "no faults".
func TestValidateIsSureOrFails(t *testing.T) {
	for name, a := range map[string]answer{
		"a complaint about nothing":   complaints(`{"error":"lua error"}`),
		"about an entry of others":    complaints(`{"resource_type":"routes","index":7,"error":"bad"}`),
		"a refusal without a list":    {status: 400, body: `{"error_msg":"invalid request body: x"}`},
		"a page":                      {status: 200, body: `<html>`, html: true},
		"a wrong key":                 {status: 401, body: `{"error_msg":"failed to check token"}`},
		"an answer that is cut short": {status: 200, body: `{`, cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{answers: map[string][]answer{"*": {{status: 200, body: `{}`}}, validatePath: {a}}}
			g := newGateway(t, f, func(cfg *Config) { cfg.Retries = -1 })
			faults, err := g.Validate(t.Context(), []gateway.Resource{resource(t, "routes/a", `{"uri":"/a"}`)})
			if err == nil {
				t.Errorf("no error, and faults %v", faults)
			}
		})
	}
	g, _ := validator(t, answer{status: 404, body: `{"error_msg":"Unsupported resource type: configs"}`})
	if faults, err := g.Validate(t.Context(), []gateway.Resource{resource(t, "routes/a", `{"uri":"/a"}`)}); err != nil || len(faults) > 0 {
		t.Errorf("a version that can't tell: %v %v", faults, err)
	}
}

func TestValidateSplits(t *testing.T) {
	g, f := validator(t, answer{status: 200, body: `{}`})
	var resources []gateway.Resource
	for i := range 40 {
		resources = append(resources, resource(t, fmt.Sprintf("routes/r%d", i), `{"uri":"/`+strings.Repeat("a", 100_000)+`"}`))
	}
	resources = append(resources, resource(t, "protos/p", `{"content":"`+strings.Repeat("a", mostOfARequest)+`"}`))
	faults, err := g.Validate(t.Context(), resources)
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) != 1 || faults[0].Key.Kind != gateway.Protos || !strings.Contains(faults[0].What, "1.5 MiB") {
		t.Errorf("faults are %v", faults)
	}
	var sent []string
	for _, trip := range f.seen(http.MethodPost) {
		var document map[string][]struct{ ID string }
		if err := json.Unmarshal([]byte(trip.body), &document); err != nil {
			t.Fatal(err)
		}
		if len(trip.body) > mostOfARequest {
			t.Errorf("a request has %d bytes", len(trip.body))
		}
		for _, route := range document["routes"] {
			sent = append(sent, route.ID)
		}
	}
	slices.Sort(sent)
	if len(slices.Compact(sent)) != 40 || len(f.seen(http.MethodPost)) != 4 {
		t.Errorf("%d routes in %d requests", len(sent), len(f.seen(http.MethodPost)))
	}
}

// TestValidateBySchema finds faults without asking: the gateway's own schemas say so, and are read once more before a fault is told.
func TestValidateBySchema(t *testing.T) {
	g, f := validator(t, answer{status: 200, body: `{}`})
	f.answers["GET /apisix/admin/schema/route"] = []answer{{status: 200, body: `{"type":"object","properties":{"uri":{"type":"string","maxLength":3}}}`}}
	f.answers["GET /apisix/admin/plugins"] = []answer{{status: 200, body: `{"cors":{"schema":{"type":"object"}}}`}}
	for range 2 {
		faults, err := g.Validate(t.Context(), []gateway.Resource{
			resource(t, "routes/a", `{"uri":"/long"}`), resource(t, "routes/b", `{"uri":"/b","plugins":{"csrs":{}}}`), resource(t, "routes/c", `{"uri":"/c"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		want := "[routes/a uri: must be at most 3 characters routes/b plugins.csrs: is an unknown plugin]"
		if diff := cmp.Diff(want, fmt.Sprint(faults)); diff != "" {
			t.Errorf("faults (-want +got):\n%s", diff)
		}
	}
	posts := f.seen(http.MethodPost)
	if len(posts) != 2 || strings.Contains(posts[0].body, "/long") || !strings.Contains(posts[0].body, `"id":"c"`) {
		t.Errorf("%d requests, the first %v", len(posts), posts[0].body)
	}
	if _, err := g.Defaults(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, trip := range f.seen(http.MethodGet) {
		if strings.HasSuffix(trip.path, "/schema/route") {
			read++
		}
	}
	if read != 2 {
		t.Errorf("the schema of routes was read %d times, want once and once for the second faults", read)
	}
	if set, err := g.Schema(t.Context()); err != nil || set.Version != "3.18.0" || set.Plugins["cors"].Schema == nil {
		t.Errorf("schema: %v", err)
	}
}

func TestValidateRefusesUnresolved(t *testing.T) {
	g, f := validator(t, answer{status: 200, body: `{}`})
	r := resource(t, "consumers/bob", `{}`)
	r.Spec["desc"] = gateway.UnresolvedSecret("${secret(k)}")
	if _, err := g.Validate(t.Context(), []gateway.Resource{r}); err == nil || len(f.seen(http.MethodPost)) > 0 {
		t.Errorf("err is %v, and %d requests were sent", err, len(f.seen(http.MethodPost)))
	}
}

// TestAPluginEnabledLater is known without a new version or a restart: faults are told only of schemas that were read since.
func TestAPluginEnabledLater(t *testing.T) {
	g, f := validator(t, answer{status: 200, body: `{}`})
	stream, later := answer{status: 200, body: `{}`}, answer{status: 200, body: `{"cors":{"schema":{"type":"object"}},"redirect":{"schema":{"type":"object"}}}`}
	f.answers["GET /apisix/admin/plugins"] = []answer{{status: 200, body: `{"cors":{"schema":{"type":"object"}}}`}, stream, later, stream, later, stream}
	for _, test := range []struct{ plugin, want string }{
		{"cors", "[]"}, {"redirect", "[]"}, {"redirect", "[]"}, {"csrs", "[routes/a plugins.csrs: is an unknown plugin]"},
	} {
		faults, err := g.Validate(t.Context(), []gateway.Resource{resource(t, "routes/a", `{"uri":"/a","plugins":{"`+test.plugin+`":{}}}`)})
		if err != nil || fmt.Sprint(faults) != test.want {
			t.Errorf("%s: %v, %v; want %s", test.plugin, faults, err, test.want)
		}
	}
}
