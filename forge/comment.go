package forge

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// note is a comment as it stands on a forge.
type note struct {
	id      string
	author  string
	body    string
	version int // Data Center only: what an edit must name
}

// notes is how one forge keeps comments.
type notes interface {
	// notes returns all comments on a pull request as a whole, oldest first.
	notes(ctx context.Context, number int) ([]note, error)
	// me returns who we are, in the words in which notes tells authors.
	me(ctx context.Context) (string, error)
	write(ctx context.Context, number int, body string) error
	rewrite(ctx context.Context, number int, old note, body string) error
}

// markerRoom is how many runes of a comment are kept for the marker.
const markerRoom = 200

// inHTML hides a marker in a comment of HTML, which Markdown leaves out.
func inHTML(marker string) string { return "<!-- " + marker + " -->" }

// inLink hides a marker in the definition of a link that nobody uses: both Bitbuckets show HTML as it is written.
func inLink(marker string) string { return "[//]: # (" + marker + ")\n" }

// comment sees to it that the one comment of ours that begins with hidden says body. Who we are is asked only when there is a comment
// that might be ours.
func comment(ctx context.Context, on notes, number, most int, hidden, body string) error {
	if length := utf8.RuneCountInString(body); length > most {
		return &Error{Class: Final, What: fmt.Sprintf("the comment has %d characters, the forge takes %d", length, most)}
	}
	body = hidden + "\n" + body
	all, err := on.notes(ctx, number)
	if err != nil {
		return err
	}
	me := ""
	for _, old := range all {
		if !strings.HasPrefix(plain(old.body), plain(hidden)) {
			continue
		}
		if me == "" {
			if me, err = on.me(ctx); err != nil {
				return err
			}
		}
		if !strings.EqualFold(old.author, me) {
			continue // anybody can write our marker
		}
		return edit(ctx, on, number, old, body)
	}
	return on.write(ctx, number, body)
}

// edit makes old say body. One that was deleted meanwhile is written anew.
func edit(ctx context.Context, on notes, number int, old note, body string) error {
	if plain(old.body) == plain(body) {
		return nil
	}
	err := on.rewrite(ctx, number, old, body)
	if final(err, http.StatusNotFound) {
		return on.write(ctx, number, body)
	}
	return err
}

// plain is a text without what forges change about it on the way: line ends, and space at both ends.
func plain(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}
