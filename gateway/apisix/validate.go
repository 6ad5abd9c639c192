package apisix

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/validate"
)

// Validate returns what this gateway would refuse of some resources, in order of key, and writes nothing. It looks with the gateway's
// own schemas, and then asks the gateway itself where its version can tell (3.17 and later). References between resources
// are not followed, and what the gateway compares with its present configuration is left out: that may change in the same
// commit. A resource that holds an unresolved secret can't be validated. Errors are *gateway.Error but for that one.
func (g *Gateway) Validate(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error) {
	if len(resources) == 0 {
		return nil, nil
	}
	sound, faults, err := g.bySchema(ctx, resources)
	if err != nil {
		return nil, err
	}
	items := make([]validate.Item, 0, len(sound))
	for _, r := range sound {
		one, err := entryOf(r)
		if err != nil {
			return nil, fmt.Errorf("validate %s: %w", r.Key, err)
		}
		if !one.Fits() {
			faults = append(faults, gateway.Fault{
				Key: r.Key, What: fmt.Sprintf("has %d bytes: over the gateway's 1.5 MiB limit, or close to it", len(one.Body)), Hint: "make it smaller",
			})
		}
		items = append(items, one)
	}
	refused, err := validate.Ask(ctx, g.client, admin.Call{Op: "validate", URL: g.base}, items)
	if err != nil {
		return nil, err
	}
	faults = append(faults, refused...)
	slices.SortStableFunc(faults, func(a, b gateway.Fault) int { return a.Key.Compare(b.Key) })
	return faults, nil
}

// bySchema looks with the gateway's own schemas. Faults are found only with such as were read since it began: a plugin may have been
// enabled meanwhile.
func (g *Gateway) bySchema(ctx context.Context, resources []gateway.Resource) (sound []gateway.Resource, faults []gateway.Fault, err error) {
	began := time.Now()
	table, err := g.tables(ctx, began.Add(-tableAge))
	if err != nil {
		return nil, nil, err
	}
	sound, faults = table.check(resources)
	if len(faults) == 0 {
		return sound, nil, nil
	}
	fresh, err := g.tables(ctx, began)
	if err != nil {
		return nil, nil, err
	}
	if fresh != table {
		sound, faults = fresh.check(resources)
	}
	return sound, faults, nil
}

func (t *defaultTable) check(resources []gateway.Resource) (sound []gateway.Resource, faults []gateway.Fault) {
	for _, r := range resources {
		found := t.set.Check(r)
		if len(found) == 0 {
			sound = append(sound, r)
		}
		faults = append(faults, found...)
	}
	return sound, faults
}

// entryOf writes a resource as a whole document holds it: with its id, a credential among the consumers.
func entryOf(r gateway.Resource) (validate.Item, error) {
	fields, hidden, err := admin.Reveal(r.Spec)
	if err != nil {
		return validate.Item{}, err
	}
	section := string(r.Key.Kind)
	switch r.Key.Kind {
	case gateway.Consumers:
		fields["username"] = r.Key.ID
	case gateway.Credentials:
		section = string(gateway.Consumers)
		username, id, _ := strings.Cut(r.Key.ID, "/")
		fields["id"] = username + "/credentials/" + id
	default:
		fields["id"] = r.Key.ID
	}
	body, err := admin.Encode(fields)
	return validate.Item{Resource: r, Section: section, Body: bytes.TrimSpace(body), Hidden: hidden}, err
}
