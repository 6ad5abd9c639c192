package forge

import (
	"context"
	"net/http"
	"strconv"
)

// Annotate opens a thread at each line (https://docs.gitlab.com/api/discussions/#create-a-new-thread-in-the-merge-request-diff).
func (g *gitLab) Annotate(ctx context.Context, p Pull, marker string, all []Annotation) ([]Annotation, error) {
	return annotate(ctx, g, p, inHTML(marker), all)
}

// labPlace is where in the difference a note stands.
type labPlace struct {
	Type  string `json:"position_type"`
	Base  string `json:"base_sha"`
	Head  string `json:"head_sha"`
	Start string `json:"start_sha"`
	Path  string `json:"new_path"`
	Old   string `json:"old_path"`
	Line  int    `json:"new_line"`
}

func (g *gitLab) placed(ctx context.Context, p Pull) ([]placed, error) {
	type told struct {
		ID     int64  `json:"id"`
		Body   string `json:"body"`
		Author struct {
			Name string `json:"username"`
		} `json:"author"`
		Place *labPlace `json:"position"`
	}
	all, err := list[told](ctx, g.client, g.notesPath(p.Number)+"?sort=asc&order_by=created_at&per_page=100")
	var lines []placed
	for _, one := range all {
		if one.Place != nil {
			id := strconv.FormatInt(one.ID, 10)
			lines = append(lines, placed{id, one.Author.Name, Annotation{one.Place.Path, one.Place.Line, one.Body}})
		}
	}
	return lines, g.noPull(ctx, err, g.project(), g.repository, p.Number)
}

// place opens one thread. The three commits of the difference go with it; 400 is a line that was not added in it.
func (g *gitLab) place(ctx context.Context, p Pull, a Annotation) (bool, error) {
	now, err := g.read(ctx, p.Number)
	if err != nil {
		return false, err
	}
	got, err := g.call(ctx, http.MethodPost, g.pullPath(p.Number)+"/discussions", map[string]any{
		"body": a.Text, "position": labPlace{"text", now.Refs.Base, now.Refs.Head, now.Refs.Start, a.Path, a.Path, a.Line},
	}, nil)
	if got.status == http.StatusBadRequest {
		return false, nil
	}
	return err == nil, err
}

func (g *gitLab) remove(ctx context.Context, p Pull, old placed) error {
	_, err := g.call(ctx, http.MethodDelete, g.notesPath(p.Number)+"/"+old.id, nil, nil)
	return unless(err, http.StatusNotFound)
}
