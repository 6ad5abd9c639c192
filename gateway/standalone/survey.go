package standalone

import (
	"context"
	"errors"
	"slices"
	"sync"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway/admin"
)

// take waits for the turn. The caller gives it back.
func (g *Gateway) take(ctx context.Context, op string) (giveBack func(), err error) {
	select {
	case g.turn <- struct{}{}:
		return func() { <-g.turn }, nil
	case <-ctx.Done():
		c := admin.Call{Op: op}
		return nil, c.Stopped(ctx).Error
	}
}

// survey looks at every instance and finds the truth among what they have: the newest document that Sluice has made, or the newest of
// all where none has one. So what somebody else puts on one instance does not reach the others. Where none has anything, what was the
// truth before stays it: this is the only copy. An instance that can't be asked is an error; the truth of the others is found all the same.
func (g *Gateway) survey(ctx context.Context) error {
	err := g.each(g.instances, func(i *instance) error { return g.look(ctx, i) })
	var holder *instance
	for _, i := range g.instances {
		g.high.raise(i.keeps)
		if i.has != nil && (holder == nil || holder.has != i.has && newer(i, holder)) {
			holder = i
		}
	}
	if holder != nil {
		g.truth = holder.has
	}
	return err
}

// held returns the truth when an instance has anything, else nil: then nothing is live.
func (g *Gateway) held() *document {
	if slices.ContainsFunc(g.instances, func(i *instance) bool { return i.has != nil }) {
		return g.truth
	}
	return nil
}

// newer reports whether a has a document that counts for more than that of b: one of our own, then a later one. The versions of the sections decide, which go up only; where they say
// nothing, the dates, which come from two clocks.
func newer(a, b *instance) bool {
	if a.has.digest == b.has.digest {
		return false
	}
	if a.has.own() != b.has.own() {
		return a.has.own()
	}
	switch a.has.versions.newer(b.has.versions) {
	case 1:
		return true
	case -1:
		return false
	}
	return a.mark.modified > b.mark.modified
}

// each does something for several instances side by side, and joins what went wrong in their order.
func (g *Gateway) each(targets []*instance, do func(*instance) error) error {
	faults := make([]error, len(targets))
	var running sync.WaitGroup
	for at, i := range targets {
		running.Go(func() { faults[at] = do(i) })
	}
	running.Wait()
	return errors.Join(faults...)
}

// behind returns the instances that are known to have something else than d.
func (g *Gateway) behind(d *document) []*instance {
	return slices.DeleteFunc(slices.Clone(g.instances), func(i *instance) bool { return !i.known || has(i, d) })
}

// has reports whether an instance has d already. A document without a digest can't be told from others.
func has(i *instance, d *document) bool {
	return i.has != nil && (i.has == d || d.digest != "" && i.has.digest == d.digest && i.has.versions.agree(d.versions))
}

// mend gives every instance the truth that has something else.
func (g *Gateway) mend(ctx context.Context) error {
	if g.truth == nil {
		return nil
	}
	next := g.rebased(g.truth)
	targets := g.behind(next)
	if len(targets) == 0 {
		return nil
	}
	if g.held() == nil {
		g.log.Warn("every instance has lost its configuration; the last one known is given back")
	}
	return g.refill(ctx, next, targets)
}

// refill puts a document on instances that lost it or have an older one.
func (g *Gateway) refill(ctx context.Context, d *document, targets []*instance) error {
	if err := g.space(ctx, targets); err != nil {
		return err
	}
	body, hidden := d.encode(), d.hidden()
	err := g.each(targets, func(i *instance) error { return g.again(ctx, i, d, body, hidden) })
	g.truth = d
	g.high.raise(d.versions)
	return err
}

// again puts a document on an instance that lost it or has an older one, and says so.
func (g *Gateway) again(ctx context.Context, i *instance, d *document, body []byte, hidden []string) error {
	restarted := !i.mark.configured
	if err := g.put(ctx, i, d, body, hidden); err != nil {
		return err
	}
	g.refills.Add(1)
	g.log.Warn("instance was given the configuration again", zap.String("instance", i.name), zap.Bool("restarted", restarted))
	return nil
}
