package forge

import (
	"context"
	"net/http"
	"strconv"
)

// gitLabComment is the most characters of a note (https://docs.gitlab.com/api/notes/#create-new-merge-request-note).
const gitLabComment = 1_000_000

// MostComment leaves room for the marker.
func (g *gitLab) MostComment() int { return gitLabComment - markerRoom }

// Comment writes or edits our note.
func (g *gitLab) Comment(ctx context.Context, number int, marker, body string) error {
	return comment(ctx, g, number, g.MostComment(), inHTML(marker), body)
}

func (g *gitLab) notesPath(number int) string { return g.pullPath(number) + "/notes" }

// notes lists notes without those that GitLab itself writes, as of a label that was set, or that stand at a line.
func (g *gitLab) notes(ctx context.Context, number int) ([]note, error) {
	type told struct {
		ID     int64  `json:"id"`
		Body   string `json:"body"`
		System bool   `json:"system"`
		Author struct {
			Name string `json:"username"`
		} `json:"author"`
		Place *labPlace `json:"position"`
	}
	all, err := list[told](ctx, g.client, g.notesPath(number)+"?sort=asc&order_by=created_at&per_page=100")
	var notes []note
	for _, one := range all {
		if !one.System && one.Place == nil {
			notes = append(notes, note{id: strconv.FormatInt(one.ID, 10), author: one.Author.Name, body: one.Body})
		}
	}
	return notes, g.noPull(ctx, err, g.project(), g.repository, number)
}

// me is the user of the token; the token of a project or a group has one of its own.
func (g *gitLab) me(ctx context.Context) (string, error) {
	var user struct {
		Name string `json:"username"`
	}
	_, err := g.call(ctx, http.MethodGet, "/user", nil, &user)
	return user.Name, err
}

func (g *gitLab) write(ctx context.Context, number int, body string) error {
	_, err := g.call(ctx, http.MethodPost, g.notesPath(number), map[string]string{"body": body}, nil)
	return g.noPull(ctx, err, g.project(), g.repository, number)
}

func (g *gitLab) rewrite(ctx context.Context, number int, old note, body string) error {
	_, err := g.call(ctx, http.MethodPut, g.notesPath(number)+"/"+old.id, map[string]string{"body": body}, nil)
	return err
}
