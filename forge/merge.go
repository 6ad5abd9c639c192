package forge

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// merger is how one forge merges.
type merger interface {
	Pull(ctx context.Context, number int) (Pull, error)
	// merge asks once. Later is true when the answer is only that the forge has not found out yet.
	merge(ctx context.Context, p Pull, m Message) (later bool, err error)
}

const (
	// mergeEvery is how long to wait before a forge that has not found out yet is asked again.
	mergeEvery = time.Second
	// mergePatience is how often it is asked.
	mergePatience = 15
)

// mergeAt merges a pull request at exactly this head. That it is merged is read from the pull request, whatever the answer was.
func mergeAt(ctx context.Context, on merger, number int, head string, m Message) (string, error) {
	var refused error
	for range mergePatience {
		commit, done, err := mergedAs(ctx, on, number, head)
		if done || err != nil {
			return commit, err
		}
		later, err := on.merge(ctx, Pull{Number: number, Head: head}, m)
		if err != nil && !later {
			return "", err
		}
		if err == nil {
			if commit, done, err := mergedAs(ctx, on, number, head); done || err != nil {
				return commit, err
			}
			err = &Error{Class: Unavailable, What: "the merge was taken, and goes on"}
		}
		if refused = err; !sleep(ctx, mergeEvery, nil) {
			break
		}
	}
	return "", neverReady(refused)
}

// mergedAs returns the commit that merged a pull request at head, and whether one has. It is an error when none can any more.
func mergedAs(ctx context.Context, on merger, number int, head string) (commit string, done bool, err error) {
	p, err := on.Pull(ctx, number)
	if err != nil {
		return "", false, err
	}
	done, err = settled(p, head)
	return p.Merged, done, err
}

// settled reports whether a pull request was merged at head already. It is an error when it can't be any more.
func settled(p Pull, head string) (bool, error) {
	switch {
	case p.State == PullClosed:
		return false, outdated(p.Number, "was closed")
	case p.Head != head && p.State == PullMerged:
		return false, outdated(p.Number, "was merged at "+short(p.Head)+", not at "+short(head))
	case p.Head != head:
		return false, outdated(p.Number, "has moved from "+short(head)+" to "+cmp.Or(short(p.Head), "nothing"))
	}
	return p.State == PullMerged, nil
}

// outdated says that a pull request is not what it was.
func outdated(number int, what string) error {
	return &Error{Class: Outdated, Status: http.StatusConflict, What: fmt.Sprintf("pull request %d %s", number, what)}
}

// comeBack is when a merge may be tried again that a forge has not made up its mind about: a Gitea looks at one pull request after the
// other, at all of them after each merge.
const comeBack = time.Minute

// neverReady is what a forge ends with that goes on saying that it has not found out yet: some say so of conflicts as well.
func neverReady(refused error) error {
	fault, ok := asError(refused)
	if !ok || fault.Class != Blocked {
		return refused
	}
	fault.Class, fault.After, fault.Hint = Limited, comeBack, "the forge is still finding out whether it can be merged, or it conflicts with its base"
	return fault
}

// short is a hash as people read it.
func short(hash string) string { return hash[:min(len(hash), 7)] }

// saysAny reports whether a text holds one of these, in any case.
func saysAny(text string, parts ...string) bool {
	text = strings.ToLower(text)
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
