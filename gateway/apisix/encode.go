package apisix

import (
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// encode returns the body of a PUT and the secrets in it.
func encode(r gateway.Resource) (body []byte, hidden []string, err error) {
	fields, hidden, err := admin.Reveal(r.Spec)
	if err != nil {
		return nil, nil, err
	}
	if r.Key.Kind == gateway.Consumers {
		fields["username"] = r.Key.ID
	}
	return gateway.AppendCanonical(nil, fields), hidden, nil // without secrets the canonical form is plain JSON
}
