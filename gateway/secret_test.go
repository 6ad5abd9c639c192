package gateway_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

const canary = "canary-7f3a"

// holder hides a secret in an unexported field, where fmt can't call its methods.
type holder struct {
	Name   string
	hidden gateway.Secret
}

// TestNothingPrintsASecret puts a secret through every way in which a program prints values.
func TestNothingPrintsASecret(t *testing.T) {
	secret := gateway.NewSecret("", canary)
	spec := map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": secret}}, "list": []any{secret}}
	resource := gateway.Resource{Key: gateway.Key{Kind: gateway.Credentials, ID: "a/b"}, Spec: spec}
	var outputs []string
	for _, v := range []any{secret, &secret, spec, resource, &resource, holder{"x", secret}, &holder{"x", secret}, []any{secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			outputs = append(outputs, fmt.Sprintf(verb, v))
		}
		if data, err := json.Marshal(v); err == nil {
			outputs = append(outputs, string(data))
		}
	}
	var yaml strings.Builder
	if err := strictyaml.Encode(&yaml, spec); err != nil {
		t.Fatal(err)
	}
	outputs = append(outputs, yaml.String(), gateway.Show(spec), gateway.Show(secret), string(resource.Bytes()), secret.String())
	for _, output := range outputs {
		for _, form := range []string{canary, fmt.Sprintf("%x", canary)} {
			if strings.Contains(output, form) {
				t.Errorf("the secret shows in %q", output)
			}
		}
	}
}

func TestSeal(t *testing.T) {
	tests := []struct {
		name string
		key  gateway.Key
		spec map[string]any
		want string // as printed: *** where a secret is
	}{
		{"a private key", gateway.Key{Kind: gateway.SSLs, ID: "a"}, map[string]any{"key": canary, "cert": "public"}, `{"cert":"public","key":"***"}`},
		{"a list of keys", gateway.Key{Kind: gateway.SSLs, ID: "a"}, map[string]any{"keys": []any{canary, canary}}, `{"keys":["***","***"]}`},
		{"a plugin of a route", gateway.Key{Kind: gateway.Routes, ID: "a"},
			map[string]any{"plugins": map[string]any{"openid-connect": map[string]any{"client_secret": canary, "session": map[string]any{"secret": canary}, "client_id": "c"}}},
			`{"plugins":{"openid-connect":{"client_id":"c","client_secret":"***","session":{"secret":"***"}}}}`},
		{"a credential", gateway.Key{Kind: gateway.Credentials, ID: "a/b"},
			map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": canary}}}, `{"plugins":{"key-auth":{"key":"***"}}}`},
		{"items of a list", gateway.Key{Kind: gateway.GlobalRules, ID: "a"},
			map[string]any{"plugins": map[string]any{"kafka-logger": map[string]any{"brokers": []any{map[string]any{"host": "h", "sasl_config": map[string]any{"password": canary}}}}}},
			`{"plugins":{"kafka-logger":{"brokers":[{"host":"h","sasl_config":{"password":"***"}}]}}}`},
		{"plugin metadata", gateway.Key{Kind: gateway.PluginMetadata, ID: "azure-functions"}, map[string]any{"master_apikey": canary}, `{"master_apikey":"***"}`},
		{"the token of a secret manager", gateway.Key{Kind: gateway.Secrets, ID: "vault/1"}, map[string]any{"token": canary, "uri": "u"}, `{"token":"***","uri":"u"}`},
		{"the gateway's own reference stays readable", gateway.Key{Kind: gateway.Consumers, ID: "a"},
			map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": "$secret://vault/1/a/b"}}}, `{"plugins":{"key-auth":{"key":"$secret://vault/1/a/b"}}}`},
		{"nothing to seal", gateway.Key{Kind: gateway.Routes, ID: "a"}, map[string]any{"uri": "/"}, `{"uri":"/"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := gateway.Show(tt.spec)
			if got := gateway.Show(gateway.Seal(tt.key, tt.spec)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if gateway.Show(tt.spec) != before {
				t.Error("the body itself was changed")
			}
		})
	}
}

func TestSecretsCompareByValue(t *testing.T) {
	tests := []struct {
		name string
		a, b gateway.Secret
		want bool
	}{
		{"same value, other reference", gateway.NewSecret("x", "v"), gateway.NewSecret("", "v"), true},
		{"other value, same reference", gateway.NewSecret("x", "v"), gateway.NewSecret("x", "w"), false},
		{"both unknown, same reference", gateway.UnresolvedSecret("x"), gateway.UnresolvedSecret("x"), true},
		{"both unknown, other reference", gateway.UnresolvedSecret("x"), gateway.UnresolvedSecret("y"), false},
		{"one unknown", gateway.UnresolvedSecret("x"), gateway.NewSecret("x", ""), false},
		{"zero values", gateway.Secret{}, gateway.Secret{}, true},
	}
	for _, tt := range tests {
		if got := tt.a.Equal(tt.b); got != tt.want {
			t.Errorf("%s: Equal = %v, want %v", tt.name, got, tt.want)
		}
	}
	if (gateway.Secret{}).Matches("") {
		t.Error("an unknown secret matches the empty text")
	}
}

func TestUnlistedSecretsAreThoseThatSealWouldMiss(t *testing.T) {
	named := gateway.NewSecret("${secret(a)}", canary)
	r := gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: "r"}, Spec: map[string]any{"plugins": map[string]any{
		"key-auth":      map[string]any{"key": named},
		"proxy-rewrite": map[string]any{"headers": map[string]any{"set": map[string]any{"X-Auth": named}}},
		"mocking":       map[string]any{"list": []any{"x", named}},
	}}}
	var places []string
	for _, field := range gateway.Unlisted(r) {
		places = append(places, field.Path.String())
	}
	if got := strings.Join(places, " "); got != "plugins.mocking.list[1] plugins.proxy-rewrite.headers.set.X-Auth" {
		t.Errorf("unlisted secrets at %s", got)
	}
}

func TestSealAt(t *testing.T) {
	spec := map[string]any{"a": map[string]any{"b": []any{"x", canary}}, "n": int64(1)}
	r := gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: "r"}, Spec: spec}
	for path, want := range map[string]string{
		"a.b[1]": `{"a":{"b":["x","***"]},"n":1}`,
		"a.b[7]": `{"a":{"b":["x","` + canary + `"]},"n":1}`,
		"a.c":    `{"a":{"b":["x","` + canary + `"]},"n":1}`,
		"n":      `{"a":{"b":["x","` + canary + `"]},"n":1}`,
		"n.x":    `{"a":{"b":["x","` + canary + `"]},"n":1}`,
		"a[0]":   `{"a":{"b":["x","` + canary + `"]},"n":1}`,
	} {
		parsed, err := gateway.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := gateway.Show(gateway.SealAt(r, parsed).Spec); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if gateway.Show(spec) != `{"a":{"b":["x","`+canary+`"]},"n":1}` {
		t.Error("the body itself was changed")
	}
}
