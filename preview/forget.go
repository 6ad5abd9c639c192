package preview

import (
	"context"
	"fmt"
	"slices"

	"go.uber.org/zap"

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
		p.sayElsewhere(ctx, number)
		taken := slices.ContainsFunc(open, func(other forge.Pull) bool { return other.HeadBranch == before.branch && !other.Fork })
		if p.config.Closed != nil && before.branch != "" && !taken {
			p.config.Closed(ctx, number, before.branch, before.head)
		}
	}
	return p.config.Repository.KeepPulls(numbers)
}

// sayElsewhere takes back what the comment says where a pull request that is still open goes into another branch by now. It is said once, and
// not again where the forge does not take it.
func (p *Previewer) sayElsewhere(ctx context.Context, number int) {
	pull, err := p.config.Forge.Pull(ctx, number)
	if err != nil || pull.State != forge.PullOpen || pull.Base == p.config.Branch {
		return
	}
	text := fmt.Sprintf("### Sluice: no longer planned\n\nThis pull request goes into %s by now. Sluice follows %s: what is merged elsewhere changes nothing "+
		"at the gateways.\n", forge.Code(pull.Base), forge.Code(p.config.Branch))
	if err := p.config.Forge.Comment(ctx, number, markKey, text); err != nil {
		p.config.Log.Warn("pull request is not told that it is no longer planned", zap.Int("pull", number), zap.Error(err))
	}
}

func (c *crossing) forget(head string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.into, head)
}
