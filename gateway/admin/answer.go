package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sluice-gitops/sluice/gateway"
)

// ErrNotAdminAPI is an answer that no Admin API gives. To ask again is no use.
var ErrNotAdminAPI = errors.New("something else than an Admin API answered")

const wrongAddress = "is this the URL of an Admin API?"

// Foreign is the error of an answer that no Admin API gives. Came says what came.
func Foreign(came string) error { return fmt.Errorf("%w: %s: %s", ErrNotAdminAPI, came, wrongAddress) }

// refused reads an answer that is no success.
func (c Call) refused(resp *http.Response) *Failure {
	text := complaint(resp)
	status := resp.StatusCode
	switch {
	case status == http.StatusBadRequest:
		f := c.Fail(gateway.Refused, status, text, nil)
		f.Lagging = isLagging(c.Method, text)
		return f
	case status == http.StatusUnauthorized:
		return c.Fail(gateway.Denied, status, text+cure(text), nil)
	case status == http.StatusForbidden:
		return c.Fail(gateway.Denied, status, text+": is this machine's address in the gateway's allow_admin?", nil)
	case status == http.StatusNotFound:
		return c.notFound(resp, text)
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		f := c.Fail(gateway.Unreachable, status, text, nil)
		f.Again, f.After = true, retryAfter(resp.Header.Get("Retry-After"))
		return f
	case status < 400:
		err := Foreign(aside(resp))
		return c.Fail(gateway.Unreachable, status, err.Error(), err)
	}
	return c.Fail(gateway.Refused, status, text, nil)
}

// notFound tells a resource that isn't there from an API that isn't there.
func (c Call) notFound(resp *http.Response, text string) *Failure {
	switch {
	case text == "Key not found":
		return c.Fail(gateway.Refused, resp.StatusCode, text, ErrAbsent)
	case !IsJSON(resp.Header):
		err := Foreign(text)
		return c.Fail(gateway.Unreachable, resp.StatusCode, err.Error(), err)
	case strings.HasPrefix(text, "Unsupported resource type"):
		return c.Fail(gateway.Refused, resp.StatusCode, text+": the gateway is too old, or runs in standalone mode", nil)
	}
	return c.Fail(gateway.Refused, resp.StatusCode, text, nil)
}

// aside describes an answer that is neither a success nor a failure. Of a redirect's target it leaves out what may be secret.
func aside(resp *http.Response) string {
	target, err := resp.Location()
	if err != nil {
		return "a status that it never gives"
	}
	target.User, target.RawQuery, target.Fragment = nil, "", ""
	return "a redirect to " + target.String()
}

// isLagging reports whether a worker refused because its copy of the configuration is behind by some milliseconds.
func isLagging(method, text string) bool {
	if method == http.MethodDelete {
		return strings.Contains(text, "still using it now")
	}
	return strings.Contains(text, "already exists in global rule") || takenTwice.MatchString(text)
}

// takenTwice is the complaint that another consumer has the same key, or user name, or key id.
var takenTwice = regexp.MustCompile(`duplicate \w+ of plugin`)

func cure(text string) string {
	switch {
	case strings.Contains(text, "missing apikey"):
		return ": the admin key is empty"
	case strings.Contains(text, "wrong apikey"):
		return ": the admin key is not one of the gateway's"
	case strings.Contains(text, "role viewer"):
		return ": want a key of role admin"
	}
	return ""
}

var title = regexp.MustCompile(`(?is)<title>(.*?)</title>`)

// complaint returns the gateway's own words.
func complaint(resp *http.Response) string {
	const enough = 64 << 10
	// A complaint cut short is a complaint all the same; the status decides.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, enough))
	var said struct {
		ErrorMsg    string `json:"error_msg"`
		Message     string `json:"message"`
		Description string `json:"description"`
	}
	if err := json.Unmarshal(body, &said); err == nil && said.ErrorMsg+said.Message != "" {
		text := said.ErrorMsg + said.Message
		if said.Description != "" {
			text += ": " + said.Description
		}
		return text
	}
	if m := title.FindSubmatch(body); m != nil {
		return "a page that says " + strconv.Quote(string(m[1]))
	}
	if text := strings.TrimSpace(string(body)); text != "" {
		return text
	}
	if resp.Request.Method == http.MethodHead {
		return "no reason given, since the answer to a HEAD has no content"
	}
	return "no reason given"
}

// IsJSON reports whether an answer says that it is JSON.
func IsJSON(header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && strings.HasSuffix(media, "json")
}

// retryAfter reads the header, in seconds or as a date; 0 when there is none.
func retryAfter(text string) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil {
		const most = int(math.MaxInt64 / time.Second)
		return time.Duration(min(max(0, seconds), most)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// oneLine cuts a reason to one line of at most 300 characters, without any that would steer a terminal or turn the text around it.
func oneLine(text string) string {
	const most = 300
	text = strings.Map(func(r rune) rune {
		if !unicode.IsSpace(r) && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}

// WithoutURL leaves out the method and URL that net/http repeats.
func WithoutURL(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err.Error()
	}
	return err.Error()
}
