package forge

import (
	"context"
	"net/http"
	"strconv"
)

// Annotate comments on lines in a review of its own for each.
func (g *gitea) Annotate(ctx context.Context, p Pull, marker string, all []Annotation) ([]Annotation, error) {
	return annotate(ctx, g, p, inHTML(marker), all)
}

// placed reads the reviews that hold one line: ours do. Each is asked for what it holds.
func (g *gitea) placed(ctx context.Context, p Pull) ([]placed, error) {
	type review struct {
		ID    int64   `json:"id"`
		User  hubUser `json:"user"`
		Count int     `json:"comments_count"`
	}
	reviews, err := list[review](ctx, g.client, g.pullPath(p.Number)+"/reviews?limit=50")
	if err != nil {
		return nil, g.noPull(ctx, err, g.repo(), g.repository, p.Number)
	}
	var lines []placed
	for _, one := range reviews {
		if one.Count != 1 {
			continue
		}
		id := strconv.FormatInt(one.ID, 10)
		var held []struct {
			Path string `json:"path"`
			Line int    `json:"position"`
			Body string `json:"body"`
		}
		if _, err := g.call(ctx, http.MethodGet, g.pullPath(p.Number)+"/reviews/"+id+"/comments", nil, &held); err != nil {
			return nil, err
		}
		for _, line := range held {
			lines = append(lines, placed{id, one.User.Login, Annotation{line.Path, line.Line, line.Body}})
		}
	}
	return lines, nil
}

// place comments on one line. Gitea takes any line, one that is not in the file too.
func (g *gitea) place(ctx context.Context, p Pull, a Annotation) (bool, error) {
	_, err := g.call(ctx, http.MethodPost, g.pullPath(p.Number)+"/reviews", map[string]any{
		"event": "COMMENT", "commit_id": p.Head, "comments": []any{map[string]any{"path": a.Path, "body": a.Text, "new_position": a.Line}},
	}, nil)
	return err == nil, g.noPull(ctx, err, g.repo(), g.repository, p.Number)
}

func (g *gitea) remove(ctx context.Context, p Pull, old placed) error {
	_, err := g.call(ctx, http.MethodDelete, g.pullPath(p.Number)+"/reviews/"+old.id, nil, nil)
	return unless(err, http.StatusNotFound)
}
