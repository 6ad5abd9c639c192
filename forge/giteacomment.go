package forge

import (
	"context"
	"fmt"
	"net/http"
)

// giteaComment is what a comment is held to. Gitea sets no limit of its own; nobody reads more than GitHub takes.
const giteaComment = gitHubComment

// MostComment leaves room for the marker.
func (g *gitea) MostComment() int { return giteaComment - markerRoom }

// Comment writes or edits our comment.
func (g *gitea) Comment(ctx context.Context, number int, marker, body string) error {
	return comment(ctx, g, number, g.MostComment(), inHTML(marker), body)
}

func (g *gitea) notesPath(number int) string {
	return fmt.Sprintf("%s/issues/%d/comments", g.repo(), number)
}

// notes lists comments. The list has no pages.
func (g *gitea) notes(ctx context.Context, number int) ([]note, error) {
	var all []hubNote
	_, err := g.call(ctx, http.MethodGet, g.notesPath(number), nil, &all)
	return hubNotes(all), g.noIssue(ctx, err, number)
}

// noIssue finds out why the comments of a pull request are a 500: Gitea answers so for a number that is not there, and tells only
// administrators that this is why.
func (g *gitea) noIssue(ctx context.Context, err error, number int) error {
	if fault, ok := asError(err); ok && fault.Status == http.StatusInternalServerError {
		if _, probe := g.Pull(ctx, number); final(probe, http.StatusNotFound) {
			return probe
		}
	}
	return g.noPull(ctx, err, g.repo(), g.repository, number)
}

func (g *gitea) me(ctx context.Context) (string, error) {
	var user hubUser
	_, err := g.call(ctx, http.MethodGet, "/user", nil, &user)
	if fault, ok := asError(err); ok && fault.Class == Denied {
		fault.Hint = "give the token the scope read:user, to find our own comment"
	}
	return user.Login, err
}

func (g *gitea) write(ctx context.Context, number int, body string) error {
	_, err := g.call(ctx, http.MethodPost, g.notesPath(number), map[string]string{"body": body}, nil)
	return g.noIssue(ctx, err, number)
}

func (g *gitea) rewrite(ctx context.Context, _ int, old note, body string) error {
	_, err := g.call(ctx, http.MethodPatch, g.repo()+"/issues/comments/"+old.id, map[string]string{"body": body}, nil)
	return err
}
