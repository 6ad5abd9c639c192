package forge

import (
	"context"
	"net/http"
	"strconv"
)

// bitbucketComment is the most characters of a comment of both Bitbuckets; Data Center answers 400 beyond.
const bitbucketComment = 32_768

// MostComment leaves room for the marker.
func (b *bitbucket) MostComment() int { return bitbucketComment - markerRoom }

// Comment writes or edits our comment.
func (b *bitbucket) Comment(ctx context.Context, number int, marker, body string) error {
	return comment(ctx, b, number, b.MostComment(), inLink(marker), body)
}

func (b *bitbucket) notesPath(number int) string { return b.pullPath(number) + "/comments" }

// notes lists comments on a pull request without those that were deleted, which stay in the list, or stand at a line.
func (b *bitbucket) notes(ctx context.Context, number int) ([]note, error) {
	type told struct {
		ID      int64       `json:"id"`
		Content cloudText   `json:"content"`
		User    cloudAuthor `json:"user"`
		Deleted bool        `json:"deleted"`
		Inline  *struct{}   `json:"inline"`
	}
	all, err := cloudList[told](ctx, b.client, b.notesPath(number)+"?sort=created_on&pagelen=100")
	var notes []note
	for _, one := range all {
		if !one.Deleted && one.Inline == nil {
			notes = append(notes, note{id: strconv.FormatInt(one.ID, 10), author: one.User.UUID, body: one.Content.Raw})
		}
	}
	return notes, b.noPull(ctx, err, b.repo(), b.repository, number)
}

type cloudText struct {
	Raw string `json:"raw"`
}

type cloudAuthor struct {
	UUID string `json:"uuid"`
}

func (b *bitbucket) me(ctx context.Context) (string, error) {
	var user cloudAuthor
	_, err := b.call(ctx, http.MethodGet, "/user", nil, &user)
	if fault, ok := asError(err); ok && fault.Class == Denied {
		fault.Hint = "give the token the right to read its own account, to find our own comment"
	}
	return user.UUID, err
}

func (b *bitbucket) write(ctx context.Context, number int, body string) error {
	_, err := b.call(ctx, http.MethodPost, b.notesPath(number), map[string]cloudText{"content": {body}}, nil)
	return b.noPull(ctx, err, b.repo(), b.repository, number)
}

func (b *bitbucket) rewrite(ctx context.Context, number int, old note, body string) error {
	_, err := b.call(ctx, http.MethodPut, b.notesPath(number)+"/"+old.id, map[string]cloudText{"content": {body}}, nil)
	return err
}
