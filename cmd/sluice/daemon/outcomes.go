package daemon

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

// outcomes tells the pull request that has brought a commit when that came to a bad end: whoever wrote it looks there. The zero value tells
// nobody.
type outcomes struct {
	origins  forge.Origins
	comments interface {
		Comment(ctx context.Context, number int, marker, body string) error
	}
	past interface {
		turns
		Entries(f record.Filter) ([]record.Entry, error)
	}
	branch string
	page   func(e record.Entry) string // nil: none
	known  *reverts
	log    *zap.Logger
}

// markable is an environment whose name can stand in the marker of a comment.
var markable = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// outcomes returns what tells pull requests.
func (d *Daemon) outcomes(s settings.Settings, at forge.Forge) outcomes {
	made := outcomes{comments: at, past: d.Journal, branch: s.Repository.Branch, known: &d.insight.reverts, log: d.log.Named("outcome")}
	made.origins, _ = at.(forge.Origins)
	if s.PublicURL != "" {
		made.page = pageLink(s.PublicURL)
	}
	return made
}

// tell writes one comment for each environment, with the way to take the commit back, and edits it when the same commit comes to another end there.
// An error says that the forge may take it later.
func (o outcomes) tell(ctx context.Context, e record.Entry) error {
	if o.origins == nil || !markable.MatchString(e.Environment) {
		return nil
	}
	err := o.comment(ctx, e)
	if err == nil || later(err) {
		return err
	}
	o.log.Warn("pull request is not told how its commit ended", zap.String("commit", e.Commit), zap.String("env", e.Environment), zap.Error(err))
	return nil
}

func (o outcomes) comment(ctx context.Context, e record.Entry) error {
	number, err := o.origins.Origin(ctx, e.Commit, o.branch)
	if err != nil || number == 0 {
		return err
	}
	return o.comments.Comment(ctx, number, "sluice-outcome/"+e.Environment, o.text(e))
}

// wants reports whether an end is one to be told. A journal that can't be read makes it one: better once too often.
func (o outcomes) wants(e record.Entry) bool {
	switch {
	case e.Reason == "drift", e.Reason == "rotation":
		return false // no commit has brought it
	case isBad(e):
		return true
	case e.State != record.Applied && e.State != record.Unchanged:
		return false
	}
	before, err := o.past.Entries(record.Filter{Environment: e.Environment, Whole: true, Commit: e.Commit, ForCommit: true, Before: e.ID})
	return err != nil || slices.ContainsFunc(before, isBad)
}

// isBad reports whether an entry says that a commit came to a bad end.
func isBad(e record.Entry) bool { return e.State == record.Failed || e.State == record.RolledBack }

// mostText is how many runes of what happened a comment holds: the page has all of it.
const mostText = 2000

// toldText is what happened, in Markdown.
func toldText(e record.Entry) string {
	text := []rune(e.Text)
	if len(text) > mostText {
		text = append(text[:mostText-1:mostText-1], '…')
	}
	return forge.Code(string(text))
}

// text is what the comment says.
func (o outcomes) text(e record.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Sluice: %s in %s\n\n`%s`: %s\n\n", e.State, e.Environment, short(e.Commit), toldText(e))
	switch url, open := o.known.url(e.Commit); {
	case !isBad(e):
		b.WriteString("It had come to a bad end there before.")
	case open:
		fmt.Fprintf(&b, "[A pull request](%s) takes it back.", url)
	case url != "":
		fmt.Fprintf(&b, "A branch takes it back: [open the pull request](%s).", url)
	case !stands(o.past, e.Environment, e.Commit):
		b.WriteString("Another commit has had its turn there since.")
	case e.State == record.RolledBack && e.Restores != "":
		fmt.Fprintf(&b, "`sluice revert --to %s %s` opens a pull request that goes back to what runs.", short(e.Restores), short(e.Commit))
	default:
		fmt.Fprintf(&b, "`sluice revert %s` opens a pull request that takes it back.", short(e.Commit))
	}
	if o.page != nil {
		fmt.Fprintf(&b, " [What happened](%s).", o.page(e))
	}
	return b.String() + "\n"
}
