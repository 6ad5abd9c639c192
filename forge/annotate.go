package forge

import (
	"context"
	"slices"
	"strings"
)

// Annotation is what is wrong with a line of a file, as the head of a pull request has it.
type Annotation struct {
	Path string // from the top of the repository
	Line int    // from 1
	Text string // in Markdown; Bitbucket shows it as it is written
}

// Annotator shows annotations beside the lines of a pull request. Every type of forge does.
type Annotator interface {
	// Annotate sees to it that those of ours under this marker, which is as that of Comment, are exactly these. It returns those that the
	// forge has no place for: most show only lines that the pull request changes, or that stand near one, and beyond MostAnnotations
	// nobody reads them. An empty list takes all away. Errors are of type *Error.
	Annotate(ctx context.Context, p Pull, marker string, all []Annotation) (left []Annotation, err error)
}

// MostAnnotations is how many annotations a pull request gets.
const MostAnnotations = 20

var (
	_ Annotator = (*gitHub)(nil)
	_ Annotator = (*gitLab)(nil)
	_ Annotator = (*gitea)(nil)
	_ Annotator = (*bitbucket)(nil)
	_ Annotator = (*dataCenter)(nil)
)

// placed is an annotation as it stands on a forge.
type placed struct {
	id     string
	author string
	Annotation
}

// lines is how one forge keeps comments at lines, one by one.
type lines interface {
	me(ctx context.Context) (string, error)
	// placed returns all comments at lines, those of others too.
	placed(ctx context.Context, p Pull) ([]placed, error)
	// place returns false when the forge shows no such line.
	place(ctx context.Context, p Pull, a Annotation) (bool, error)
	remove(ctx context.Context, p Pull, old placed) error
}

// annotate makes the comments at lines that begin with hidden those that are wanted: what is there already stays as it is.
func annotate(ctx context.Context, on lines, p Pull, hidden string, all []Annotation) ([]Annotation, error) {
	wanted, left := within(all)
	there, err := ours(ctx, on, p, hidden)
	if err != nil {
		return nil, err
	}
	for _, a := range wanted {
		a.Text = hidden + "\n" + a.Text
		at := slices.IndexFunc(there, func(old placed) bool {
			return old.Path == a.Path && old.Line == a.Line && plain(old.Text) == plain(a.Text)
		})
		if at >= 0 {
			there = slices.Delete(there, at, at+1)
			continue
		}
		shown, err := on.place(ctx, p, a)
		if err != nil {
			return nil, err
		}
		if !shown {
			left = append(left, Annotation{a.Path, a.Line, strings.TrimPrefix(a.Text, hidden+"\n")})
		}
	}
	for _, old := range there {
		if err := on.remove(ctx, p, old); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// ours returns the annotations that we have made under a marker.
func ours(ctx context.Context, on lines, p Pull, hidden string) ([]placed, error) {
	all, err := on.placed(ctx, p)
	if err != nil {
		return nil, err
	}
	marked := slices.DeleteFunc(all, func(one placed) bool { return !strings.HasPrefix(plain(one.Text), plain(hidden)) })
	if len(marked) == 0 {
		return nil, nil
	}
	me, err := on.me(ctx)
	return slices.DeleteFunc(marked, func(one placed) bool { return !strings.EqualFold(one.author, me) }), err
}

// within splits annotations into those that are shown and those that are too many.
func within(all []Annotation) (shown, left []Annotation) {
	most := min(len(all), MostAnnotations)
	return all[:most], append([]Annotation(nil), all[most:]...)
}
