package forge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// requestTime bounds one request with its answer.
	requestTime = 30 * time.Second
	// mostAnswer is how much of an answer is read: a page of a hundred pull requests whose texts are as long as GitHub takes them.
	mostAnswer = 32 << 20
	// mostWords is how much of a forge's own words goes into an error.
	mostWords = 200
)

// client sends requests to one API. Its copies share the connection.
type client struct {
	http  *http.Client
	base  *url.URL
	login func(ctx context.Context) (Login, error)
	// refused is Config.Refused.
	refused func(Login) bool
	// auth writes the login into a request, in the way of the forge.
	auth  func(request *http.Request, login Login)
	moves *moves
}

func newClient(c Config, base *url.URL) *client {
	return &client{
		http: &http.Client{
			Transport: c.Transport, Timeout: requestTime,
			// A redirect of a POST would come out as a GET, and one to another host would carry the token there.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		base: base, login: c.Login, refused: c.Refused, auth: authFor(c.Type), moves: &moves{},
	}
}

func authFor(kind string) func(*http.Request, Login) {
	return func(request *http.Request, login Login) {
		token := ""
		if login.Token.Resolved() {
			token = login.Token.Reveal()
		}
		switch {
		case token == "":
		case login.User != "":
			request.SetBasicAuth(login.User, token)
		case kind == GitLab:
			request.Header.Set("PRIVATE-TOKEN", token)
		case kind == Gitea:
			request.Header.Set("Authorization", "token "+token)
		default:
			request.Header.Set("Authorization", "Bearer "+token)
		}
		if kind == BitbucketServer { // else it takes a POST for a forged one (XSRF check)
			request.Header.Set("X-Atlassian-Token", "no-check")
		}
	}
}

// at returns a client for the API at base.
func (c *client) at(base *url.URL) *client {
	other := *c
	other.base = base
	return &other
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	words  string // what an error says, in one line
}

// call sends body as JSON to path, which may hold a query, and reads a good answer into into; both may be nil. Errors are of type *Error.
func (c *client) call(ctx context.Context, method, path string, body, into any) (answer, error) {
	target := c.base.String() + path
	for hop := range mostHops {
		got, next, err := c.send(ctx, method, target, body, into)
		if next == nil {
			if hop == 0 && err == nil && isAPI(path) {
				c.moves.name.Store(nil) // it is called as it was given, again
			}
			return got, err
		}
		c.noteMove(ctx, next)
		target = next.String()
	}
	return answer{}, &Error{Class: Misplaced, What: "sent from one place to the next", Hint: "set forge.url and forge.repository to where it is now"}
}

// send sends one request, and returns where it is to be sent instead; nil: it has its answer. A login that is refused before its time, as one
// that was revoked, is renewed once.
func (c *client) send(ctx context.Context, method, target string, body, into any) (got answer, next *url.URL, err error) {
	login, err := c.loginNow(ctx)
	if err != nil {
		return answer{}, nil, err
	}
	got, next, err = c.sendAs(ctx, login, method, target, body, into)
	if got.status != http.StatusUnauthorized || c.refused == nil || !c.refused(login) {
		return got, next, err
	}
	if login, err = c.loginNow(ctx); err != nil {
		return answer{}, nil, err
	}
	return c.sendAs(ctx, login, method, target, body, into)
}

func (c *client) sendAs(ctx context.Context, login Login, method, target string, body, into any) (got answer, next *url.URL, err error) {
	request, err := c.request(ctx, method, target, body)
	if err != nil {
		return answer{}, nil, err
	}
	c.auth(request, login)
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, nil, &Error{Class: Unavailable, What: method + " " + c.base.Host + ": " + reason(err)}
	}
	defer response.Body.Close()
	if next := onward(response); next != nil {
		return answer{}, next, nil
	}
	got, err = c.read(response, into)
	return got, nil, err
}

// read reads an answer, and says what is wrong with it.
func (c *client) read(response *http.Response, into any) (answer, error) {
	got := answer{status: response.StatusCode, header: response.Header}
	var err error
	if got.body, err = io.ReadAll(io.LimitReader(response.Body, mostAnswer+1)); err != nil {
		return got, &Error{Class: Unavailable, Status: got.status, What: "read the answer: " + reason(err)}
	}
	if len(got.body) > mostAnswer {
		return got, &Error{Class: Final, Status: got.status, What: tooMuch}
	}
	got.words = words(got.body)
	if fault := c.judge(response, got); fault != nil {
		return got, fault
	}
	if into == nil {
		return got, nil
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		return got, notJSON(got.status)
	}
	return got, nil
}

func (c *client) request(ctx context.Context, method, target string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, &Error{Class: Final, What: "write the request: " + err.Error()}
		}
		content = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, target, content)
	if err != nil {
		return nil, &Error{Class: Final, What: "write the request: " + err.Error()}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "sluice")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// loginNow returns what to log in with.
func (c *client) loginNow(ctx context.Context) (Login, error) {
	login, err := c.login(ctx)
	if err == nil {
		return login, nil
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return Login{}, known
	}
	return Login{}, &Error{Class: Denied, What: "log in: " + err.Error()}
}

// judge says what is wrong with an answer; nil when nothing is.
func (c *client) judge(response *http.Response, got answer) error {
	html := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
	if limit := limited(response, got.words, time.Now()); limit != nil {
		return limit
	}
	fault := &Error{Status: got.status, What: cmp.Or(strings.TrimSuffix(got.words, "."), http.StatusText(got.status))}
	switch {
	case got.status >= 500:
		fault.Class = Unavailable
	case got.status == http.StatusUnauthorized:
		fault.Class, fault.Hint = Denied, "the token is wrong or has run out"
	case got.status == http.StatusForbidden:
		fault.Class, fault.Hint = Denied, "where it is not the account itself, the token lacks a right: it needs to write commit statuses, pull requests and, where they are shown, deployments at "+c.base.Host
	case got.status >= 300 && got.status < 400:
		fault.Class, fault.What = Misplaced, "moved to "+where(response)
		fault.Hint = "set forge.url and forge.repository to where it is now"
	case html:
		return notJSON(got.status)
	case got.status == http.StatusMethodNotAllowed && strings.Contains(got.words, "moved projects"):
		// GitLab sends on who reads a project that was renamed, and nobody else (lib/api/helpers.rb there, find_project!).
		fault.Class, fault.Hint = Misplaced, "set forge.repository to what the project is called by now"
	case got.status >= 400:
		fault.Class = Final
	default:
		return nil
	}
	return fault
}

// where names the target of a redirect without its query.
func where(response *http.Response) string {
	target, err := response.Location()
	if err != nil {
		return "an unknown place"
	}
	target.RawQuery, target.User = "", nil
	return target.String()
}

func notJSON(status int) *Error {
	return &Error{Class: Misplaced, Status: status, What: "the answer is not that of an API", Hint: "forge.url must be the address of the forge itself, as https://git.acme.com"}
}

// reason says why a request had no answer. The address in the error of net/http is left out: it may hold a query.
func reason(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

// final reports whether err says that this one request will never be taken.
func final(err error, statuses ...int) bool {
	fault, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	for _, status := range statuses {
		if fault.Status == status {
			return true
		}
	}
	return false
}

// unless drops an error with one of these statuses: what was to go is gone.
func unless(err error, statuses ...int) error {
	if final(err, statuses...) {
		return nil
	}
	return err
}
