package settings

import (
	"path"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// refusal is a key that a file must not hold. Its path is a glob over the keys on the way.
type refusal struct {
	path, code, what, hint string
}

// refusals returns the places where people put a secret as it is.
func refusals() []refusal {
	secret := func(path, instead string) refusal {
		return refusal{path, "plain-secret", "must not hold a secret in clear",
			"put it into a file and name that with " + instead + "; then change the secret, it was readable here"}
	}
	return []refusal{
		secret("api/token", "tokenFile"),
		secret("gatewayGroups/*/adminKey", "adminKeyFile (or adminKeyEnv)"),
		secret("repository/auth/token", "tokenFile"),
		secret("repository/auth/password", "passwordFile"),
		secret("repository/auth/sshKey", "sshKeyFile"),
		secret("gatewayGroups/*/tls/key", "keyFile"),
		secret("secrets/vault/token", "tokenFile"),
		secret("sops/ageKey", "ageKeyFile"),
		secret("prometheus/token", "tokenFile"),
		secret("journal/etcd/password", "passwordFile"),
		secret("forge/token", "tokenFile"),
		secret("forge/webhookSecret", "webhookSecretFile"),
		secret("forge/app/key", "keyFile"),
		secret("access/oidc/clientSecret", "clientSecretFile"),
		secret("access/sessions/key", "keyFile"),
		secret("tls/key", "keyFile"),
		secret("repository/auth/githubApp/key", "keyFile"),
		secret("notifications/*/url", "urlFile"),
		secret("notifications/*/secret", "secretFile"),
	}
}

// refuse returns n without the keys that a file must not hold, and reports each. At is the way to n.
func refuse(n *strictyaml.Node, at string, faults *diag.List) *strictyaml.Node {
	if n == nil || n.Kind != strictyaml.Map {
		return n
	}
	kept := *n
	kept.Fields = nil
	for _, field := range n.Fields {
		way := path.Join(at, field.Key)
		if r, found := refused(way); found {
			faults.Add(diag.Errorf(field.Pos, r.code, "%q %s", field.Key, r.what).WithHint("%s", r.hint))
			continue
		}
		field.Value = refuse(field.Value, way, faults)
		kept.Fields = append(kept.Fields, field)
	}
	return &kept
}

func refused(way string) (refusal, bool) {
	for _, r := range refusals() {
		if match, err := path.Match(r.path, way); err == nil && match {
			return r, true
		}
	}
	return refusal{}, false
}
