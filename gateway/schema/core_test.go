package schema_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

var update = flag.Bool("update", false, "write core.json anew from the recorded schemas")

// fixture returns the path of a recorded answer of a real gateway, or skips the test.
func fixture(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "fixtures", "apisix", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: the recorded answers of real gateways are not here: %v", err)
	}
	return path
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(fixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// told are the kinds whose schema a gateway tells, by the name that it tells it under.
var told = map[string]gateway.Kind{
	"route": gateway.Routes, "service": gateway.Services, "upstream": gateway.Upstreams, "consumer": gateway.Consumers,
	"credential": gateway.Credentials, "consumer_group": gateway.ConsumerGroups, "plugin_config": gateway.PluginConfigs,
	"global_rule": gateway.GlobalRules, "proto": gateway.Protos, "ssl": gateway.SSLs, "stream_route": gateway.StreamRoutes,
}

// recorded is the Set of the recorded APISIX 3.18.
func recorded(t testing.TB) *schema.Set {
	t.Helper()
	var types map[string]map[string]any
	readJSON(t, "schema-types-3.18.json", &types)
	set := schema.Set{Product: "apisix", Version: "3.18.0", Kinds: map[gateway.Kind]map[string]any{}}
	for name, text := range types {
		set.Kinds[told[name]] = text
	}
	readJSON(t, "plugins-all-3.18.json", &set.Plugins)
	var control struct {
		Stream map[string]schema.Plugin `json:"stream_plugins"`
	}
	readJSON(t, "schema-3.18.json", &control)
	set.Stream = control.Stream
	made, err := schema.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestCoreIsThatOfTheGateway holds what is built in to the schemas that a real gateway tells.
func TestCoreIsThatOfTheGateway(t *testing.T) {
	want, err := schema.New(schema.Set{
		Product: "apisix", Version: "3.18.0", Kinds: recorded(t).Kinds, Managers: schema.Core().Managers,
	})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("core.json", want.Encode(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want.Encode()), string(schema.Core().Encode())); diff != "" {
		t.Errorf("core.json (-want +got); go test -update writes it anew:\n%s", diff)
	}
	for _, kind := range told {
		if schema.Core().Kinds[kind] == nil {
			t.Errorf("no schema of %s is built in", kind)
		}
	}
}

func TestEncodeIsStable(t *testing.T) {
	set := recorded(t)
	text := set.Encode()
	again, err := schema.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Encode()) != string(text) {
		t.Error("decoding and encoding gives another text")
	}
	const most = 512 << 10 // a file of a config repo can have 1 MiB
	if len(text) > most {
		t.Errorf("the schemas take %d bytes", len(text))
	}
	t.Logf("%d bytes", len(text))
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no kinds": `{"product":"apisix"}`, "a list": `[]`, "another field": `{"kinds":{"routes":{}},"x":1}`,
		"another kind": `{"kinds":{"rotues":{}}}`, "a tail": `{"kinds":{"routes":{}}} x`, "a null": `{"kinds":{"routes":{"default":null}}}`,
	} {
		if set, err := schema.Decode([]byte(text)); err == nil || set != nil {
			t.Errorf("%s: err is %v", name, err)
		}
	}
}
