package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// gitHubComment is the most runes of a comment; beyond, GitHub answers 422 "Body is too long".
const gitHubComment = 65_536

// MostComment leaves room for the marker.
func (g *gitHub) MostComment() int { return gitHubComment - markerRoom }

// Comment writes or edits our comment (https://docs.github.com/rest/issues/comments): a pull request is an issue there.
func (g *gitHub) Comment(ctx context.Context, number int, marker, body string) error {
	return comment(ctx, g, number, g.MostComment(), inHTML(marker), body)
}

// hubNote is a comment as GitHub and Gitea tell it.
type hubNote struct {
	ID   int64   `json:"id"`
	Body string  `json:"body"`
	User hubUser `json:"user"`
}

func (h hubNote) note() note {
	return note{id: strconv.FormatInt(h.ID, 10), author: h.User.Login, body: h.Body}
}

func (g *gitHub) notesPath(number int) string {
	return fmt.Sprintf("%s/issues/%d/comments", g.repo(), number)
}

func (g *gitHub) notes(ctx context.Context, number int) ([]note, error) {
	all, err := list[hubNote](ctx, g.client, g.notesPath(number)+"?per_page=100")
	return hubNotes(all), g.noPull(ctx, err, g.repo(), g.repository, number)
}

func hubNotes(all []hubNote) []note {
	var notes []note
	for _, one := range all {
		notes = append(notes, one.note())
	}
	return notes
}

// me asks by a query: GET /user is 403 for the token of an App. The name of an App ends in [bot] here as in its comments
// (https://docs.github.com/graphql/reference/queries#viewer).
func (g *gitHub) me(ctx context.Context) (string, error) {
	var answer struct {
		Data struct {
			Viewer hubUser `json:"viewer"`
		} `json:"data"`
	}
	_, err := g.at(gitHubQueries(g.base)).call(ctx, http.MethodPost, "", map[string]string{"query": "{viewer{login}}"}, &answer)
	if err == nil && answer.Data.Viewer.Login == "" {
		err = &Error{Class: Denied, What: "GitHub does not say whose token it is"}
	}
	return answer.Data.Viewer.Login, err
}

// gitHubQueries is where an API takes queries (https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql).
func gitHubQueries(api *url.URL) *url.URL {
	if strings.HasSuffix(api.Path, "/v3") {
		return api.JoinPath("../graphql")
	}
	return api.JoinPath("graphql")
}

func (g *gitHub) write(ctx context.Context, number int, body string) error {
	_, err := g.call(ctx, http.MethodPost, g.notesPath(number), map[string]string{"body": body}, nil)
	return g.noPull(ctx, err, g.repo(), g.repository, number)
}

func (g *gitHub) rewrite(ctx context.Context, _ int, old note, body string) error {
	_, err := g.call(ctx, http.MethodPatch, g.repo()+"/issues/comments/"+old.id, map[string]string{"body": body}, nil)
	return err
}
