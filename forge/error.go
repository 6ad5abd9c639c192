package forge

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Class says what an error means for what comes next.
type Class int

// The classes of errors.
const (
	// Unavailable: the forge can't be reached or is in trouble. It may pass; the same request is sent again.
	Unavailable Class = iota + 1
	// Limited: too many requests. Error.After says when to come back.
	Limited
	// Denied: the token is wrong, has run out, or lacks a right. A person must act; until then everything waits.
	Denied
	// Misplaced: nothing of the kind is at this address: the repository was moved, or the address is not that of a forge.
	Misplaced
	// Final: this request will never be taken, others may be: an unknown commit, too many statuses.
	Final
	// Outdated: a pull request is no longer what the request was made for: it was closed, or its head has moved. Look at it anew.
	Outdated
	// Blocked: the rules of the forge, or a conflict, forbid it as things stand: a required check is missing, nobody has approved. Asking
	// again helps once something has changed there.
	Blocked
)

// String returns the class in one word.
func (c Class) String() string {
	return map[Class]string{
		Unavailable: "unavailable", Limited: "limited", Denied: "denied", Misplaced: "misplaced", Final: "refused",
		Outdated: "outdated", Blocked: "blocked",
	}[c]
}

// Error is why the forge did not do what it was asked for. It never holds the token.
type Error struct {
	Class  Class
	Status int           // of HTTP; 0 when there was no answer
	What   string        // in one line, the forge's own words where it has some
	Hint   string        // how to mend it; may be empty
	After  time.Duration // Limited: how long to wait at least
}

// Error returns what happened in one line.
func (e *Error) Error() string {
	text := "forge " + e.Class.String()
	if e.Status != 0 {
		text += fmt.Sprintf(" (%d)", e.Status)
	}
	if text += ": " + e.What; e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// asError returns err as what it is, unless it is nil.
func asError(err error) (*Error, bool) { return errors.AsType[*Error](err) }

// leastLimit is how long to wait when a forge limits us and does not say for how long: what GitHub's documentation asks for.
const leastLimit = time.Minute

// longestLimit is how long a limit is kept at most, whatever the forge says: the clocks may differ, and GitHub's limits are those of an hour.
const longestLimit = time.Hour

// limited returns the error of an answer that says that there were too many requests; nil when it says no such thing. GitHub answers
// 403 as well as 429, with Retry-After, or with a remaining budget of 0 and the second at which it is filled again, or with the words alone.
func limited(answer *http.Response, words string, now time.Time) *Error {
	retry := answer.Header.Get("Retry-After")
	spent := answer.Header.Get("X-RateLimit-Remaining") == "0"
	asked := strings.Contains(strings.ToLower(words), "rate limit")
	if answer.StatusCode != http.StatusTooManyRequests && (answer.StatusCode != http.StatusForbidden || retry == "" && !spent && !asked) {
		return nil
	}
	limit := &Error{Class: Limited, Status: answer.StatusCode, What: "too many requests", After: leastLimit}
	if words != "" {
		limit.What = words
	}
	if seconds, err := strconv.Atoi(retry); err == nil {
		limit.After = time.Duration(min(seconds, int(longestLimit/time.Second))) * time.Second
	} else if at, err := http.ParseTime(retry); err == nil {
		limit.After = at.Sub(now)
	} else if reset, err := strconv.ParseInt(answer.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil && spent {
		limit.After = time.Unix(reset, 0).Sub(now)
	}
	limit.After = min(max(limit.After, time.Second), longestLimit)
	return limit
}
