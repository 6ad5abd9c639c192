package standalone

import (
	"context"
	"errors"

	"github.com/sluice-gitops/sluice/gateway"
)

// Put creates or replaces one resource, as a Write of one.
func (g *Gateway) Put(ctx context.Context, r gateway.Resource) error {
	return single(g.Write(ctx, []gateway.Resource{r}, nil), r.Key)
}

// Delete removes one resource, as a Write of one; that it is gone already is no error.
func (g *Gateway) Delete(ctx context.Context, k gateway.Key) error {
	return g.Write(ctx, nil, []gateway.Key{k})
}

func single(err error, key gateway.Key) error {
	var refused *gateway.Refusals
	if errors.As(err, &refused) {
		return refused.Keys[key]
	}
	return err
}

// Write makes all the changes as one document, or none of them; to delete what is gone already is no error, and what changes
// nothing is not sent. What the gateway would refuse is a *gateway.Refusals, and nothing was written. An instance that has
// another document than when it was last looked at is a *gateway.Error of class Moved, and nothing is written until the next
// Live or Read. The first instance gets the document before the others; where one of those does not take it, the error is of class Unreachable
// and names who has what: the next Live brings them together. Once the first instance has it, ctx does not end the write.
func (g *Gateway) Write(ctx context.Context, puts []gateway.Resource, deletes []gateway.Key) error {
	giveBack, err := g.take(ctx, "put configuration")
	if err != nil {
		return err
	}
	defer giveBack()
	if g.stale != nil {
		return g.stale
	}
	err = g.write(ctx, puts, deletes)
	if stale := (*gateway.Error)(nil); errors.As(err, &stale) && stale.Class == gateway.Moved {
		g.stale = err
	}
	return err
}

func (g *Gateway) write(ctx context.Context, puts []gateway.Resource, deletes []gateway.Key) error {
	base, err := g.base(ctx)
	if err != nil {
		return err
	}
	e, refused := newEdit(puts, deletes)
	e.prune(base)
	next, err := g.next(base, e)
	if err != nil {
		return err
	}
	body := next.encode()
	if err := g.tooLarge(base, body, "the configuration"); err != nil {
		return err
	}
	if err := g.examine(ctx, base, e, refused); err != nil {
		return err
	}
	return g.spread(ctx, next, body)
}

// examine looks for whatever the gateway would refuse. All of it is told at once.
func (g *Gateway) examine(ctx context.Context, base *document, e *edit, refused refusals) error {
	resources := make([]gateway.Resource, 0, len(e.puts))
	for _, s := range e.puts {
		resources = append(resources, s.Resource)
		if _, kept := base.versions[sectionOf(s.Key.Kind)]; !kept {
			refused.add(s.Key, "put", "this gateway has no "+string(s.Key.Kind))
		}
		refused.addFaults(certificates(s.Resource))
	}
	rivals, err := e.rivals(base)
	if err != nil {
		return err
	}
	refused.addFaults(rivals)
	faults, err := g.ask(ctx, resources)
	if err != nil {
		return err
	}
	refused.addFaults(faults)
	return refused.err()
}
