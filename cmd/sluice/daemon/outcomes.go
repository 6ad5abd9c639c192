package daemon

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

// outcomes tells the pull request that has brought a commit when that came to a bad end: whoever wrote it looks there. The zero value tells
// nobody.
type outcomes struct {
	origins  forge.Origins // nil: the forge doesn't know
	comments interface {
		Comment(ctx context.Context, number int, marker, body string) error
	}
	branch string
	page   func(e record.Entry) string // nil: none
	log    *zap.Logger
}

const (
	// outcomeTries bounds how often a forge that is down is asked for one outcome, and outcomeWait is the time between.
	outcomeTries = 10
	outcomeWait  = time.Minute
)

// markable is an environment whose name can stand in the marker of a comment.
var markable = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)

// outcomes returns what tells pull requests where the forge knows which of them has brought a commit.
func (d *Daemon) outcomes(s settings.Settings, at forge.Forge) outcomes {
	origins, ok := at.(forge.Origins)
	if !ok {
		return outcomes{}
	}
	made := outcomes{origins: origins, comments: at, branch: s.Repository.Branch, log: d.log.Named("outcome")}
	if s.PublicURL != "" {
		made.page = pageLink(s.PublicURL)
	}
	return made
}

// tell writes one comment for each environment, with the way to take the commit back: undo is the address of a pull request that does, or empty.
func (o outcomes) tell(ctx context.Context, e reconciler.Event, undo string) {
	if o.origins == nil || !markable.MatchString(e.Environment) {
		return
	}
	for range outcomeTries {
		err := o.comment(ctx, e, undo)
		if err == nil || ctx.Err() != nil {
			return
		}
		o.log.Warn("pull request is not told how its commit ended", zap.String("commit", e.Commit.Short()), zap.String("env", e.Environment), zap.Error(err))
		select {
		case <-time.After(outcomeWait):
		case <-ctx.Done():
			return
		}
	}
}

func (o outcomes) comment(ctx context.Context, e reconciler.Event, undo string) error {
	number, err := o.origins.Origin(ctx, e.Commit.Hash, o.branch)
	if err != nil || number == 0 {
		return err
	}
	return o.comments.Comment(ctx, number, "sluice-outcome/"+e.Environment, o.text(e, undo))
}

// text is what the comment says.
func (o outcomes) text(e reconciler.Event, undo string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Sluice: %s in %s\n\n`%s`: `%s`\n\n", e.State, e.Environment, e.Commit.Short(), strings.ReplaceAll(e.Text, "`", "'"))
	if undo != "" {
		fmt.Fprintf(&b, "[A pull request](%s) takes it back.", undo)
	} else {
		fmt.Fprintf(&b, "`sluice revert %s` opens a pull request that takes it back.", e.Commit.Short())
	}
	if o.page != nil {
		fmt.Fprintf(&b, " [What happened](%s).", o.page(record.Entry{Commit: e.Commit.Hash, Environment: e.Environment}))
	}
	return b.String() + "\n"
}
