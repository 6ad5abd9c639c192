package preview

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
)

// errNoRef says that the followed repository has no ref by which a head could be fetched, as with forks on Bitbucket Cloud.
var errNoRef = errors.New("the forge gives no way to fetch its head from the repository")

// unreadText says why there is no plan, on the head itself.
const unreadText = "not planned: the forge gives no way to read this fork; push the branch to the repository"

// sayUnread says on a pull request that it can't be planned, and what to do.
func (p *Previewer) sayUnread(ctx context.Context, pull forge.Pull) (look, error) {
	preview := Preview{Pull: pull}
	text := fmt.Sprintf("### Sluice: this can't be planned\n\nThe head `%s` is in a fork, and the forge gives no way to fetch it by the repository "+
		"itself. Push the branch to the repository, and open the pull request from there.\n", short(pull.Head))
	if err := p.refused(preview, p.config.Forge.Comment(ctx, pull.Number, markKey, text)); err != nil {
		return look{}, err
	}
	for _, name := range p.known(look{}) {
		status := forge.Status{Context: StatusContext + name, State: record.StatusError, Text: unreadText, URL: pull.URL}
		if err := p.refused(preview, p.config.Forge.SetStatus(ctx, pull.Head, status)); err != nil {
			return look{}, err
		}
	}
	p.config.Log.Warn("pull request can't be planned", zap.Int("pull", pull.Number), zap.Error(errNoRef))
	return look{head: pull.Head, into: p.config.Repository.Mirrored()}, nil
}
