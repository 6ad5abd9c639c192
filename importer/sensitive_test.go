package importer

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestWhatLooksLikeASecret(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"password", "p", true},
		{"redis_password", "p", true},
		{"X-API-Key", "k", true},
		{"Authorization", "Basic YWxpY2U6c2VjcmV0", true},
		{"anything", "Bearer abcdefgh", true},
		{"uri", "https://alice:secret@host/path", true},
		{"content", "a\n-----BEGIN RSA PRIVATE KEY-----\n", true},
		{"Cookie", "session=1", true},
		{"key", "remote_addr", false},
		{"token_endpoint", "https://host/token", false},
		{"secret_name", "x", false},
		{"password", "", false},
		{"password", "$secret://vault/1/p", false},
		{"token", "$http_x_token", false},
		{"token", "header", false},
		{"uri", "https://host:8080/a@b", false},
		{"cert", "-----BEGIN CERTIFICATE-----\n", false},
		{"desc", "Bearer of news", false},
		{"clientSecret", "s", true},
		{"accessToken", "s", true},
		{"APIKey", "s", true},
		{"x-functions-key", "s", true},
		{"pwd", "s", true},
		{"passwords", "s", true},
		{"X-Auth-Whatever", "s", true},
		{"AWS_ACCESS_KEY_ID", "s", true},
		{"password", "$ecretPassword", true},
		{"password", "$2a$10$abcdefgh", true},
		{"Authorization", "Bearer $http_x_token", false},
		{"Authorization", "Bearer $http_x_token-and-more", true},
		{"token", "${arg_token}", false},
		{"token", "$1", false},
		{"uri", "https://host/hook?token=abc", true},
		{"uri", "https://host/hook?a=b&api_key=abc", true},
		{"uri", "https://host/hook?sig=abc", true},
		{"uri", "/hook?accessToken=abc", true},
		{"uri", "/hook?token=$arg_token", false},
		{"uri", "https://host/hook?page=2", false},
		{"uri", "HTTPS://alice:pw@host", true},
		{"uri", "redis://:pw@host", true},
		{"uri", "amqp://alice:p/w#d@host", true},
		{"uri", "https://ghp_0123456789abcdefgh@host/x", true},
		{"uri", "ssh://git@host/x", false},
		{"value", `{"a": [{"clientSecret": "x"}]}`, true},
		{"value", `{"a": "{\"pwd\": \"x\"}"}`, true},
		{"value", `[{"name": "token", "value": "x"}]`, true},
		{"value", `{"limit": 5, "token_endpoint": "https://host"}`, false},
		{"value", `{not json, password: x}`, false},
		{"anything", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", true},
		{"cookie", "session_id", false},
		{"max_tokens", "", false},
		{"compass", "north", false},
		{"hide_credentials_of", "x", false},
		{"", "x", false},
	} {
		if got := suspect(test.name, test.text); got != test.want {
			t.Errorf("%s: %q: %v, want %v", test.name, test.text, got, test.want)
		}
	}
}

// TestPrivateKeysAreWithheld: what the gateway does not show, or shows as ciphertext, is there as a secret without a value.
func TestPrivateKeysAreWithheld(t *testing.T) {
	key := gateway.Key{Kind: gateway.SSLs, ID: "a"}
	clear := "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"
	for name, test := range map[string]struct {
		spec map[string]any
		want []bool // whether the value of key and of each of keys is known
	}{
		"not shown":   {map[string]any{"cert": "c"}, []bool{false}},
		"ciphertext":  {map[string]any{"cert": "c", "key": "c2VjcmV0IGNpcGhlciE="}, []bool{false}},
		"in clear":    {map[string]any{"cert": "c", "key": clear}, []bool{true}},
		"several":     {map[string]any{"cert": "c", "certs": []any{"d", "e"}}, []bool{false, false, false}},
		"partly":      {map[string]any{"cert": "c", "certs": []any{"d", "e"}, "keys": []any{clear}}, []bool{false, true, false}},
		"none at all": {map[string]any{}, []bool{false}},
	} {
		spec := sealed(key, test.spec)
		keys, _ := spec["keys"].([]any)
		for i, value := range append([]any{spec["key"]}, keys...) {
			secret, ok := value.(gateway.Secret)
			if !ok || i >= len(test.want) || secret.Resolved() != test.want[i] {
				t.Errorf("%s: key %d is %T and known: %v", name, i, value, secret.Resolved())
			}
		}
		if len(keys)+1 != len(test.want) {
			t.Errorf("%s: %d keys, want %d", name, len(keys)+1, len(test.want))
		}
	}
	reference := sealed(key, map[string]any{"cert": "c", "key": "$secret://vault/1/k"})
	if reference["key"] != "$secret://vault/1/k" {
		t.Errorf("a reference of the gateway became %v", reference["key"])
	}
}

// TestListsStandUnderTheirName: what is in a list is looked at as what stands there by itself.
func TestListsStandUnderTheirName(t *testing.T) {
	got := suspects(map[string]any{
		"headers":   map[string]any{"set": map[string]any{"Authorization": []any{"s3cret"}}, "remove": []any{"Authorization"}},
		"passwords": []any{[]any{"s3cret"}},
		"add":       []any{"X-Api-Key: s3cret", "X-Color: blue"},
		"conf":      []any{map[string]any{"name": "authz-token", "value": "s3cret"}, map[string]any{"name": "color", "value": "blue"}},
	}, "").(map[string]any)
	if text := gateway.Show(got); strings.Contains(text, "s3cret") || strings.Count(text, "blue") != 2 || strings.Count(text, "Authorization") != 2 {
		t.Error(text)
	}
}
