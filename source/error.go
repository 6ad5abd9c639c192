package source

import (
	"errors"
	"strings"
)

// The errors that a caller may branch on with errors.Is.
var (
	// ErrNoBranch: the remote answers, and has no such branch. The mirror and its snapshots stay usable through At.
	ErrNoBranch = errors.New("no such branch")
	// ErrEmpty: the remote answers, and has no branch at all.
	ErrEmpty = errors.New("the repository is empty")
	// ErrUnknownCommit: the mirror, or the clone, holds no such commit.
	ErrUnknownCommit = errors.New("no such commit")
	// ErrAmbiguous: several commits begin with these digits.
	ErrAmbiguous = errors.New("several commits begin so")
	// ErrNotAncestor: the commit is there, and is not one that the head descends from.
	ErrNotAncestor = errors.New("not an earlier commit of this branch")
	// ErrShallow: the clone was made without its history, so what is not in it may be in the repository.
	ErrShallow = errors.New("not in this shallow clone, which has not its whole history")
	// ErrNoRepository: no Git repository stands there.
	ErrNoRepository = errors.New("no Git repository")
	// ErrDenied: the remote does not let us in.
	ErrDenied = errors.New("access denied")
	// ErrLocked: another process has the mirror.
	ErrLocked = errors.New("the mirror is in use")
)

// Error is something that went wrong with a repository, with a cure where one is known. It never holds a credential.
type Error struct {
	What string // the step and the thing
	Hint string // how to mend it; may be empty
	Err  error  // what lies below; may be nil
}

// Error returns the text in the form of diag.Diagnostic: the fault on one line, the hint on the next, indented.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.What)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString("\n\thint: " + e.Hint)
	}
	return b.String()
}

// Unwrap returns the error below.
func (e *Error) Unwrap() error { return e.Err }

// scrubbed is an error whose text was cleaned of secrets.
type scrubbed struct {
	text string
	err  error
}

func (s *scrubbed) Error() string { return s.text }
func (s *scrubbed) Unwrap() error { return s.err }

// scrub replaces every secret in the text of err: a server may echo what it was sent.
func scrub(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	if text == err.Error() {
		return err
	}
	return &scrubbed{text: text, err: err}
}
