package forge

import (
	"context"
	"net/http"
)

// opening is how one forge opens a pull request of ours.
type opening struct {
	list   func() ([]Pull, error) // the open ones that may be it
	update func(old Pull) (Pull, error)
	create func() (Pull, error)
}

const (
	// mostTitle is the most runes of a title: GitHub takes 256, GitLab, Gitea and Bitbucket 255.
	mostTitle = 250
	// mostBody is the most runes of a description: Data Center takes 32,768 characters, the others more.
	mostBody = 30_000
)

// fitting cuts what p says to what every forge takes.
func fitting(p NewPull) NewPull {
	p.Title, p.Body = plainLine(p.Title, mostTitle), cut(p.Body, mostBody)
	return p
}

// openOnce returns the open pull request with the branches of p, updated when it says something else, or creates it. One that somebody
// opens in between is found by a second look.
func openOnce(p NewPull, how opening) (Pull, error) {
	old, err := find(p, how)
	if err != nil || old.Number != 0 {
		return old, err
	}
	made, err := how.create()
	fault, refused := asError(err)
	if !refused {
		return made, nil
	}
	if fault.Status == http.StatusConflict || saysAny(fault.What, "already exists", "already an open") {
		if old, err := find(p, how); err != nil || old.Number != 0 {
			return old, err
		}
	}
	return Pull{}, fault
}

// find returns the open pull request with the branches of p, saying what p says; one of number 0: there is none.
func find(p NewPull, how opening) (Pull, error) {
	pulls, err := how.list()
	if err != nil {
		return Pull{}, err
	}
	for _, old := range pulls {
		switch {
		case old.Fork || old.HeadBranch != p.Head || old.Base != p.Base || old.State != PullOpen:
		case old.Title == p.Title && plain(old.Body) == plain(p.Body):
			return old, nil
		default:
			return how.update(old)
		}
	}
	return Pull{}, nil
}

// closer is what closing needs of a forge.
type closer interface {
	Pull(ctx context.Context, number int) (Pull, error)
	Comment(ctx context.Context, number int, marker, body string) error
}

// closing marks the comment that says why, so that it is not said twice when the forge breaks off in between.
const closing = "sluice-closed"

// closeOnce says why and closes; it leaves alone what is not open.
func closeOnce(ctx context.Context, on closer, number int, comment string, shut func() error) error {
	p, err := on.Pull(ctx, number)
	if err != nil || p.State != PullOpen {
		return err
	}
	if comment != "" {
		if err := on.Comment(ctx, number, closing, comment); err != nil {
			return err
		}
	}
	return shut()
}
