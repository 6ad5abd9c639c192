package importer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// sealed returns spec with everything that looks like a secret made one: what gateway.Seal knows, and what its name or its form
// gives away. Private keys that the gateway keeps to itself are put in as secrets without a value.
func sealed(key gateway.Key, spec map[string]any) map[string]any {
	spec = gateway.Seal(key, spec)
	spec = suspects(spec, "").(map[string]any)
	spec = withheld(key, spec)
	return spec
}

var (
	sensitiveName = regexp.MustCompile(`(^|_)(password|passwd|passphrase|secret|token|apikey|api_key|private_key|secret_key|access_key|` +
		`authorization|credential|credentials|cookie)$`)
	privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	userInURL  = regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^/?#\s:@]*:[^/?#\s@]+@`)
	bearer     = regexp.MustCompile(`^(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}$`)
)

// suspects seals the texts that stand under a name such as password, or that hold a private key, a login in a URL or a header
// that logs in.
func suspects(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for field, value := range v {
			out[field] = suspects(value, field)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = suspects(item, "")
		}
		return out
	case string:
		if suspect(name, v) {
			return gateway.NewSecret("", v)
		}
	case gateway.Secret:
		if v.Resolved() && v.Ref() == "" && v.Reveal() == "" {
			return "" // nothing is no secret, and the daemon takes no empty one
		}
	}
	return v
}

func suspect(name, text string) bool {
	if text == "" || strings.HasPrefix(text, "$") { // a variable of the gateway, or the name of a secret that it looks up
		return false
	}
	if privateKey.MatchString(text) || userInURL.MatchString(text) || bearer.MatchString(text) {
		return true
	}
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	return sensitiveName.MatchString(name) && !slices.Contains(harmless, text)
}

// harmless are values that stand under sensitive names and say nothing: places where something is looked for.
var harmless = []string{"header", "query", "cookie", "body", "none", "true", "false", "on", "off", "Authorization", "authorization"}

// withheld puts in the private keys that the gateway does not show, or shows as ciphertext.
func withheld(key gateway.Key, spec map[string]any) map[string]any {
	if key.Kind == gateway.SSLs {
		spec["key"] = keyOf(spec["key"])
		if certs, ok := spec["certs"].([]any); ok {
			keys, _ := spec["keys"].([]any)
			all := make([]any, len(certs))
			for i := range certs {
				all[i] = gateway.UnresolvedSecret("")
				if i < len(keys) {
					all[i] = keyOf(keys[i])
				}
			}
			spec["keys"] = all
		}
		return spec
	}
	upstream := spec
	if key.Kind != gateway.Upstreams {
		upstream, _ = spec["upstream"].(map[string]any)
	}
	if tls, ok := upstream["tls"].(map[string]any); ok && tls["client_key"] != nil {
		tls["client_key"] = keyOf(tls["client_key"])
	}
	return spec
}

// keyOf returns a private key as it is when it can be read, else a secret without a value.
func keyOf(v any) any {
	switch v := v.(type) {
	case gateway.Secret:
		if v.Ref() != "" || privateKey.MatchString(v.Reveal()) {
			return v
		}
	case string:
		if strings.HasPrefix(v, "$") {
			return v
		}
	}
	return gateway.UnresolvedSecret("")
}
