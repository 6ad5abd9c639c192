package standalone

import (
	"context"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// spread puts a document on every instance that does not have it: on one first, whose refusal costs nothing.
func (g *Gateway) spread(ctx context.Context, d *document, body []byte) error {
	targets := g.behind(d)
	if len(targets) == 0 {
		return nil
	}
	if err := g.space(ctx, targets); err != nil {
		return err
	}
	hidden := d.hidden()
	if err := g.put(ctx, targets[0], d, body, hidden); err != nil {
		return blamed(err, d)
	}
	g.truth = d
	g.high.raise(d.versions)
	// From here on the instances differ, which only the end of the write mends.
	ctx = context.WithoutCancel(ctx)
	err := g.each(targets[1:], func(i *instance) error { return g.put(ctx, i, d, body, hidden) })
	return g.partial(d, err)
}

// partial is the error of a document that some instances have and others have not. It is never a refusal: something was written.
func (g *Gateway) partial(d *document, err error) error {
	if err == nil {
		return nil
	}
	var with, without []string
	for _, i := range g.instances {
		if i.known && has(i, d) {
			with = append(with, i.name)
		} else {
			without = append(without, i.name)
		}
	}
	c := admin.Call{Op: "put configuration"}
	reason := "instances with the new configuration: " + strings.Join(with, ", ") + "; without: " + strings.Join(without, ", ") + ": " + err.Error()
	return c.Fail(gateway.Unreachable, 0, reason, err).Error
}
