package preview

import (
	"context"
	"slices"

	"github.com/sluice-gitops/sluice/forge"
)

// forget lets go of pull requests that are no longer open.
func (p *Previewer) forget(ctx context.Context, open []forge.Pull) error {
	var numbers []int
	for _, pull := range open {
		numbers = append(numbers, pull.Number)
	}
	p.mu.Lock()
	for number := range p.whole {
		if !slices.Contains(numbers, number) {
			delete(p.whole, number)
		}
	}
	gone := map[int]look{}
	for number, before := range p.seen {
		if !slices.Contains(numbers, number) {
			gone[number] = before
			delete(p.seen, number)
			p.past.forget(before.head)
		}
	}
	p.mu.Unlock()
	for number, before := range gone {
		taken := slices.ContainsFunc(open, func(other forge.Pull) bool { return other.HeadBranch == before.branch && !other.Fork })
		if p.config.Closed != nil && before.branch != "" && !taken {
			p.config.Closed(ctx, number, before.branch, before.head)
		}
	}
	return p.config.Repository.KeepPulls(numbers)
}

func (c *crossing) forget(head string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.into, head)
}
