package standalone

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/validate"
)

// Validate finds what the gateway would refuse in these resources, all of it, and writes nothing. It asks the first instance;
// one that is too old to be asked finds nothing. References are not looked at, and what is compared with the present configuration
// is left out: that may change in the same commit. That the document would not fit while both the new and what is live now stand in
// it is an error, since nothing is removed before all is written. Errors are *gateway.Error.
func (g *Gateway) Validate(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error) {
	resources = slices.SortedFunc(slices.Values(resources), func(a, b gateway.Resource) int { return a.Key.Compare(b.Key) })
	var faults []gateway.Fault
	for _, r := range resources {
		faults = append(faults, certificates(r)...)
	}
	e, refused := newEdit(resources, nil)
	for key, err := range refused {
		var why *gateway.Error
		if errors.As(err, &why) {
			faults = append(faults, gateway.Fault{Key: key, What: why.Reason})
		}
	}
	rivals, err := e.rivals(&document{})
	if err != nil {
		return nil, err
	}
	if err := g.outgrows(ctx, e); err != nil {
		return nil, err
	}
	asked, err := g.ask(ctx, resources)
	if err != nil {
		return nil, err
	}
	faults = append(append(faults, rivals...), asked...)
	slices.SortStableFunc(faults, func(a, b gateway.Fault) int { return a.Key.Compare(b.Key) })
	return faults, nil
}

// outgrows returns the error of resources that don't fit beside what was last known to be there.
func (g *Gateway) outgrows(ctx context.Context, e *edit) error {
	giveBack, err := g.take(ctx, "validate configuration")
	if err != nil {
		return err
	}
	defer giveBack()
	base := g.truth
	if base == nil {
		base = g.blank()
	}
	e.prune(base)
	next, err := e.apply(base, time.Now().UnixMilli())
	if err != nil {
		c := admin.Call{Op: "validate configuration", Hidden: e.hidden}
		return c.Fail(gateway.Refused, 0, err.Error(), err).Error
	}
	return g.tooLarge(base, next.encode(), "the configuration, together with what is only removed after it was written,")
}

// ask has the first instance look at the resources. What has no text yet can't be looked at, and what is too large for the question
// is left to the PUT. A client certificate by id has a fault of its own, which the gateway's would only repeat.
func (g *Gateway) ask(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error) {
	items := make([]validate.Item, 0, len(resources))
	for _, r := range slices.SortedFunc(slices.Values(resources), func(a, b gateway.Resource) int { return a.Key.Compare(b.Key) }) {
		s, err := prepare(r)
		if err != nil || len(certificates(r)) > 0 {
			continue
		}
		raw, err := admin.Encode(s.fields)
		if err != nil {
			continue
		}
		items = append(items, validate.Item{Resource: r, Section: sectionOf(r.Key.Kind), Body: bytes.TrimSpace(raw), Hidden: s.hidden})
	}
	first := g.instances[0]
	return validate.Ask(ctx, g.client, admin.Call{Op: "validate configuration on instance " + first.name, URL: first.base}, items)
}
