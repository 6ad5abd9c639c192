package standalone

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// base returns the document that is changed: the truth, after a look whether it still is.
func (g *Gateway) base(ctx context.Context) (*document, error) {
	look := g.recheck
	if slices.ContainsFunc(g.instances, func(i *instance) bool { return !i.known }) {
		look = g.survey
	}
	if err := look(ctx); err != nil {
		return nil, err
	}
	if g.truth == nil {
		return g.blank(), nil
	}
	return g.truth, nil
}

// recheck asks every instance whether it has what it had. One that restarted has nothing that could be lost.
func (g *Gateway) recheck(ctx context.Context) error {
	return g.each(g.instances, func(i *instance) error {
		at, err := g.peek(ctx, i)
		switch {
		case err != nil:
			return err
		case at == i.mark:
			return nil
		case !at.configured:
			g.log.Warn("instance has lost its configuration", zap.String("instance", i.name))
			i.lost()
			return nil
		}
		return g.moved(i)
	})
}

// blank is the document of a gateway that has none: every section that it keeps, none of them ever written.
func (g *Gateway) blank() *document {
	d := &document{versions: versions{}, sections: map[string][]item{}}
	for section := range g.high {
		d.versions[section] = 0
	}
	return d
}

// next makes the document that every instance should have after a write.
func (g *Gateway) next(base *document, e *edit) (*document, error) {
	if e.empty() && g.truth != nil {
		return g.rebased(base), nil
	}
	if g.truth == nil {
		for section := range base.versions {
			e.touched[section] = true
		}
	}
	stuck, _ := g.stuck(base)
	for section := range stuck {
		e.touched[section] = true
	}
	next, err := e.apply(base, max(g.stamp(e.touched), e.highest(base)+1))
	if err != nil {
		c := admin.Call{Op: "put configuration", Hidden: e.hidden}
		return nil, c.Fail(gateway.Refused, 0, err.Error(), err).Error
	}
	return next, nil
}
