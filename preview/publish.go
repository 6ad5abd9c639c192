package preview

import (
	"context"
	"errors"
	"slices"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
)

// publish writes the comment, and the statuses that say something else than what was said on the head. It returns all that is said there.
func (p *Previewer) publish(ctx context.Context, preview Preview, before look, said []forge.Status) ([]forge.Status, error) {
	number := preview.Pull.Number
	text, cut := p.Comment(preview, p.config.Forge.MostComment())
	p.mu.Lock()
	delete(p.whole, number)
	if cut {
		p.whole[number], _ = p.Comment(preview, mostWhole)
	}
	p.mu.Unlock()
	statuses := preview.Statuses(p.known(before))
	for i := range statuses {
		statuses[i].URL = preview.Pull.URL
		if slices.Contains(said, statuses[i]) {
			continue
		}
		if err := p.refused(preview, p.config.Forge.SetStatus(ctx, preview.Pull.Head, statuses[i])); err != nil {
			return nil, err
		}
	}
	if err := p.refused(preview, p.config.Forge.Comment(ctx, number, markKey, text)); err != nil {
		return nil, err
	}
	annotator, ok := p.config.Forge.(forge.Annotator)
	if !ok {
		return statuses, nil
	}
	// What has no place beside a line stands in the comment as well.
	_, err := annotator.Annotate(ctx, preview.Pull, markKey, p.annotations(preview))
	return statuses, p.refused(preview, err)
}

// refused lets an error pass that says that this will never be taken, as when the pull request was closed meanwhile: it must not keep the others
// from being told.
func (p *Previewer) refused(preview Preview, err error) error {
	if fault, ok := errors.AsType[*forge.Error](err); ok && (fault.Class == forge.Final || fault.Class == forge.Outdated) {
		p.config.Log.Warn("the forge does not take a plan", zap.Int("pull", preview.Pull.Number), zap.String("commit", preview.Pull.Head), zap.Error(err))
		return nil
	}
	return err
}

// mostWhole bounds what is kept of a plan that is longer than a comment, in runes.
const mostWhole = 4 << 20

// known are the environments that conflicts are told of: those of the branch.
func (p *Previewer) known(before look) []string {
	into, err := p.config.Repository.At(p.config.Repository.Mirrored())
	if err != nil {
		return before.environments
	}
	s, err := p.side(into, true)
	if err != nil {
		return before.environments
	}
	var names []string
	for _, env := range s.tree.Environments {
		names = append(names, env.Name)
	}
	return names
}
