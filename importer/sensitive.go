package importer

import (
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

// suspects seals the texts that look like secrets by the name that they stand under, or by themselves. The items of a list stand
// under its name.
func suspects(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		return suspectFields(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = suspects(item, name)
			if line, ok := item.(string); ok && suspectLine(line) {
				out[i] = gateway.NewSecret("", line)
			}
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

// suspectFields looks at a map. Where it is a pair of a name and a value, the value stands under that name.
func suspectFields(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for field, value := range m {
		out[field] = suspects(value, field)
	}
	if value, ok := m["value"].(string); ok {
		for _, field := range []string{"name", "key"} {
			if name, named := m[field].(string); named && suspect(name, value) {
				out["value"] = gateway.NewSecret("", value)
			}
		}
	}
	return out
}

// suspect reports whether a text under a name is a secret. Secrets that the gateway looks up, and its variables, are none.
func suspect(name, text string) bool {
	if text == "" || reference.MatchString(text) || variablesOnly(text) {
		return false
	}
	return suspectText(text) || sensitiveName(name) && !harmless(name, text)
}

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
