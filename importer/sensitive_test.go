package importer

import (
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
