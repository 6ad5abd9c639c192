package forge

import (
	"context"
	"net/http"
	"strconv"
)

// MostComment leaves room for the marker.
func (d *dataCenter) MostComment() int { return bitbucketComment - markerRoom }

// Comment writes or edits our comment.
func (d *dataCenter) Comment(ctx context.Context, number int, marker, body string) error {
	return comment(ctx, d, number, d.MostComment(), inLink(marker), body)
}

// notes reads comments on a pull request from what happened there: the list of comments is one of a file's. It comes newest first.
func (d *dataCenter) notes(ctx context.Context, number int) ([]note, error) {
	type told struct {
		Action  string    `json:"action"`
		How     string    `json:"commentAction"`
		Anchor  *struct{} `json:"commentAnchor"` // of one that stands at a line
		Comment struct {
			ID      int64      `json:"id"`
			Version int        `json:"version"`
			Text    string     `json:"text"`
			Author  serverUser `json:"author"`
		} `json:"comment"`
	}
	all, err := serverList[told](ctx, d.client, d.pullPath(number)+"/activities", nil)
	if err != nil {
		return nil, d.noPull(ctx, err, d.repository, d.name, number)
	}
	var notes []note
	for i := len(all) - 1; i >= 0; i-- {
		one := all[i]
		if one.Action == "COMMENTED" && one.How == "ADDED" && one.Anchor == nil {
			id := strconv.FormatInt(one.Comment.ID, 10)
			notes = append(notes, note{id: id, author: one.Comment.Author.Name, body: one.Comment.Text, version: one.Comment.Version})
		}
	}
	return notes, nil
}

// me is told with each answer; nothing tells it alone.
func (d *dataCenter) me(ctx context.Context) (string, error) {
	got, err := d.call(ctx, http.MethodGet, d.repository, nil, nil)
	if err != nil {
		return "", notThere(err, d.name)
	}
	name := got.header.Get("X-AUSERNAME")
	if name == "" {
		return "", &Error{Class: Denied, Status: got.status, What: "the forge does not say whose token it is", Hint: "something on the way takes X-AUSERNAME out"}
	}
	return name, nil
}

func (d *dataCenter) write(ctx context.Context, number int, body string) error {
	_, err := d.call(ctx, http.MethodPost, d.pullPath(number)+"/comments", map[string]string{"text": body}, nil)
	return d.noPull(ctx, err, d.repository, d.name, number)
}

// rewrite edits a comment. Somebody who edits it at the same time is 409; the next call finds what came of it.
func (d *dataCenter) rewrite(ctx context.Context, number int, old note, body string) error {
	_, err := d.call(ctx, http.MethodPut, d.pullPath(number)+"/comments/"+old.id, map[string]any{"text": body, "version": old.version}, nil)
	return moved(err, number)
}
