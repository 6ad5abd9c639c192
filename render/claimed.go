package render

import (
	"crypto/sha256"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// claimed is a name that one resource may hold, and its holder.
type claimed struct {
	holder gateway.Resource
	at     gateway.Path
}

// nameConflicts reports ssls that are for the same server name: a gateway takes either.
func nameConflicts(state gateway.State, keys []gateway.Key) diag.List {
	var faults diag.List
	taken := map[string]claimed{}
	for _, key := range keys {
		ssl := state[key]
		if key.Kind != gateway.SSLs || switchedOff(ssl) || ssl.Spec["type"] == "client" {
			continue
		}
		for _, name := range placedTexts(ssl.Spec, "sni", "snis") {
			lower := strings.ToLower(name.text)
			first, twice := taken[lower]
			if !twice {
				taken[lower] = claimed{ssl, name.at}
			} else if first.holder.Key != key {
				faults.Add(diag.Errorf(ssl.Origin.Place(name.at), "ssl-conflict", "%s is for %q, as %s is", key, name.text, first.holder.Key).
					WithHint("keep the name in one of them, or set status: 0 in the other").
					WithAlso(first.holder.Origin.Place(first.at), "the other is at"))
			}
		}
	}
	return faults
}

// authFields are the fields of the plugins that tell consumers apart: each value can belong to one only.
var authFields = []struct{ plugin, field string }{
	{"key-auth", "key"}, {"basic-auth", "username"}, {"jwt-auth", "key"}, {"hmac-auth", "key_id"},
}

// authConflicts reports consumers and credentials that log in with the same key. The keys themselves are never shown.
func authConflicts(state gateway.State, keys []gateway.Key) diag.List {
	var faults diag.List
	taken := map[string]claimed{}
	for _, key := range keys {
		if key.Kind != gateway.Consumers && key.Kind != gateway.Credentials {
			continue
		}
		for _, auth := range authFields {
			conf, at := pluginOf(state[key], auth.plugin)
			print, ok := fingerprintOf(conf[auth.field])
			if !ok {
				continue
			}
			at = at.With(gateway.Field(auth.field))
			first, twice := taken[auth.plugin+print]
			if !twice {
				taken[auth.plugin+print] = claimed{state[key], at}
				continue
			}
			faults.Add(diag.Errorf(state[key].Origin.Place(at), "duplicate-auth-key", "%s has the same %s of %s as %s",
				key, auth.field, auth.plugin, first.holder.Key).
				WithHint("give each consumer its own: the gateway refuses the second, or takes one for the other").
				WithAlso(first.holder.Origin.Place(first.at), "the other is at"))
		}
	}
	return faults
}

// fingerprintOf stands for a value in comparisons: a hash of a text, or the reference of a secret that is not known here.
func fingerprintOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		sum := sha256.Sum256([]byte(v))
		return string(sum[:]), true
	case gateway.Secret:
		if v.Resolved() {
			return fingerprintOf(v.Reveal())
		}
		return "reference " + v.Ref(), v.Ref() != ""
	}
	return "", false
}
