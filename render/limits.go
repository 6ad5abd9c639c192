package render

import (
	"fmt"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// limits bound what the rendering of one gateway group takes, so that no config repo can make it take more memory or time than
// these stand for.
type limits struct {
	files     int // in the layers of the group
	values    int // single values, lists and maps in those files
	resources int // that the layers speak of
	text      int // bytes that variables put into texts
	merged    int // bytes that merging goes through, a value once for each layer that it passes
	state     int // bytes of all resources
	built     int // values of all resources
}

func standardLimits() limits {
	return limits{
		files: 50_000, values: 2_000_000, resources: 100_000, text: 128 << 20, merged: 512 << 20, state: 128 << 20, built: 4_000_000,
	}
}

// mostFaults is how many faults are told of one file, of one layer and of one gateway group.
const mostFaults = 1000

func overLimit(pos diag.Pos, hint, format string, args ...any) diag.Diagnostic {
	return diag.Errorf(pos, "over-limit", format, args...).WithHint("%s", hint)
}

// size is what the files of one layer come to, or those of several.
type size struct{ files, values int }

func (s size) exceeds(l limits) bool { return s.files > l.files || s.values > l.values }

// budget is what the rendering of one gateway group has taken so far.
type budget struct {
	limits
	cost
	read  size
	spent bool   // whether a limit was exceeded: nothing more is rendered
	what  string // the first limit that was
}

func (b *budget) exceed(what string) {
	if !b.spent {
		b.spent, b.what = true, what
	}
}

// fault says which limit was exceeded. Resources are built in no order, so that none of them is the one too many: the place is the
// environment's.
func (b *budget) fault(pos diag.Pos) diag.Diagnostic {
	return overLimit(pos, "split the gateway group, or say less about it: docs/config.md has the limits", "%s", b.what)
}

// reads counts a layer.
func (b *budget) reads(l *layer) {
	b.read.files += l.size.files
	b.read.values += l.size.values
	if b.read.exceeds(b.limits) {
		b.exceed(fmt.Sprintf("the layers hold more than %d files or %d values", b.files, b.values))
	}
}

// cost is what the making of resources takes.
type cost struct {
	merging int // bytes that merging goes through; counts against merged
	bytes   int // of the resources; against state
	made    int // values in them; against built
}

// takes counts a cost.
func (b *budget) takes(more cost) {
	b.merging += more.merging
	b.bytes += more.bytes
	b.made += more.made
	switch {
	case b.merging > b.merged:
		b.exceed(fmt.Sprintf("merging the layers goes through more than %d MiB", b.merged>>20))
	case b.bytes > b.state || b.made > b.built:
		b.exceed(fmt.Sprintf("the resources come to more than %d MiB or %d values", b.state>>20, b.built))
	}
}

// since is what has been taken since it was as it was before.
func (b *budget) since(before cost) cost {
	return cost{merging: b.merging - before.merging, bytes: b.bytes - before.bytes, made: b.made - before.made}
}

// merges counts what a value came to after one more layer was laid over it.
func (b *budget) merges(n *node) { b.takes(cost{merging: n.size}) }

// builds counts a resource.
func (b *budget) builds(n *node) { b.takes(cost{bytes: n.size, made: n.values}) }

// names counts the resources that layers speak of.
func (b *budget) names(resources int) {
	if resources > b.resources {
		b.exceed(fmt.Sprintf("the layers speak of more than %d resources", b.resources))
	}
}

// merge lays what the layers say of one resource over each other, each with what put makes of it. It is nil when that becomes too large,
// or is too much work.
func (b *budget) merge(m *merger, key gateway.Key, stack []*piece, put func(*node) *node) *node {
	var merged *node
	for _, p := range stack {
		upper := put(p.body)
		if upper.size <= maxBody {
			merged = m.merge(merged, upper)
		}
		if upper.size > maxBody || merged.size > maxBody {
			m.faults.Add(bodyTooLarge(key, upper.origin.Pos))
			return nil
		}
		if b.merges(merged); b.spent {
			return nil
		}
	}
	return merged
}
