package forge

import (
	"context"
	"net/http"
)

// Annotate comments on lines (https://docs.github.com/rest/pulls/comments): the annotations of check runs are for Apps alone.
func (g *gitHub) Annotate(ctx context.Context, p Pull, marker string, all []Annotation) ([]Annotation, error) {
	return annotate(ctx, g, p, inHTML(marker), all)
}

func (g *gitHub) placed(ctx context.Context, p Pull) ([]placed, error) {
	type told struct {
		hubNote
		Path string `json:"path"`
		Line int    `json:"line"` // null: the line is no longer in the difference
	}
	all, err := list[told](ctx, g.client, g.pullPath(p.Number)+"/comments?per_page=100")
	var lines []placed
	for _, one := range all {
		note := one.note()
		lines = append(lines, placed{note.id, note.author, Annotation{one.Path, one.Line, note.body}})
	}
	return lines, g.noPull(ctx, err, g.repo(), g.repository, p.Number)
}

// place comments on one line. 422 is a line that is not part of the difference, or a head that has moved.
func (g *gitHub) place(ctx context.Context, p Pull, a Annotation) (bool, error) {
	got, err := g.call(ctx, http.MethodPost, g.pullPath(p.Number)+"/comments", map[string]any{
		"body": a.Text, "commit_id": p.Head, "path": a.Path, "line": a.Line, "side": "RIGHT",
	}, nil)
	if got.status == http.StatusUnprocessableEntity {
		return false, nil
	}
	return err == nil, g.noPull(ctx, err, g.repo(), g.repository, p.Number)
}

func (g *gitHub) remove(ctx context.Context, _ Pull, old placed) error {
	_, err := g.call(ctx, http.MethodDelete, g.repo()+"/pulls/comments/"+old.id, nil, nil)
	return unless(err, http.StatusNotFound)
}
