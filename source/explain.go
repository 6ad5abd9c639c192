package source

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

var errTimeout = errors.New("no answer in time")

// explain says what was being done, and how to mend the fault where that is known. Secrets are cut from the text.
func (s *session) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(s.ctx); cause != nil {
		return s.stopped(doing, cause)
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return &Error{What: doing + ": " + known.What, Hint: known.Hint, Err: scrub(known.Err, s.secret...)}
	}
	hint, below := s.cure(scrub(err, s.secret...))
	return &Error{What: doing, Hint: hint, Err: below}
}

func (s *session) stopped(doing string, cause error) error {
	if errors.Is(cause, errTimeout) {
		return &Error{
			What: fmt.Sprintf("%s: no answer within %s", doing, s.remote.timeout),
			Hint: "see whether the server can be reached from here; a large repository may need a longer timeout",
			Err:  context.DeadlineExceeded,
		}
	}
	return &Error{What: doing, Err: cause}
}

// cure knows the faults that people meet.
func (s *session) cure(err error) (hint string, below error) {
	text := err.Error()
	switch {
	case errors.Is(err, ErrEmpty):
		return "push a first commit", err
	case errors.Is(err, transport.ErrAuthenticationRequired):
		return s.loginHint(), fmt.Errorf("%w: the server wants a login it accepts (401)", ErrDenied)
	case errors.Is(err, transport.ErrAuthorizationFailed):
		return "give the token read access to the contents of this repository",
			fmt.Errorf("%w: the server knows who we are and refuses (403)", ErrDenied)
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return "check the URL; forges answer the same when a private repository is asked for without a login",
			errors.New("no such repository (404)")
	case isForeign(err):
		return "check the URL: it must be the one that git clone takes", fmt.Errorf("the server does not speak git there: %w", err)
	case isUntrusted(err):
		return "if the server's certificate is from your own authority, add that to the system's (or name its file in SSL_CERT_FILE)", err
	case strings.Contains(text, "dubious ownership"):
		return "as the user that runs sluice: git config --global --add safe.directory " + ownedByOther(text, s.remote.at.path),
			fmt.Errorf("%w: the repository belongs to another user, and git refuses to read it", ErrDenied)
	case errors.Is(err, os.ErrNotExist), strings.Contains(text, "not a git repository"), strings.Contains(text, "does not appear to be a git"):
		return "check the path: it must be a git repository on the machine that serves it", err
	case errors.Is(err, os.ErrPermission):
		return "let the user that runs sluice read it", fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return "", err
}

var ownedBy = regexp.MustCompile(`dubious ownership in repository at '([^']+)'`)

// ownedByOther returns the path that git wants to be told of: its own view of where the repository is.
func ownedByOther(text, path string) string {
	if m := ownedBy.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return path
}

func (s *session) loginHint() string {
	if s.remote.auth.TokenFile == "" && s.remote.auth.PasswordFile == "" && s.remote.at.password == "" {
		return "name a file with a token in repository.auth.tokenFile"
	}
	return "the token or password was refused: check that it has not expired and may read this repository"
}

// isForeign reports an answer that is none of git's, as a login page.
func isForeign(err error) bool {
	_, unexpected := errors.AsType[*packp.ErrUnexpectedData](err)
	return unexpected || errors.Is(err, pktline.ErrInvalidPktLen)
}

func isUntrusted(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return unknown
}
