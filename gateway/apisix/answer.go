package apisix

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// errNotAdminAPI is an answer that no Admin API gives. To ask again is no use.
var errNotAdminAPI = errors.New("something else than an Admin API answered")

const wrongAddress = "is this the URL of an Admin API?"

// foreign is the error of an answer that no Admin API gives. Came says what came.
func foreign(came string) error { return fmt.Errorf("%w: %s: %s", errNotAdminAPI, came, wrongAddress) }

// refused reads an answer that is neither 200 nor 201.
func (c call) refused(resp *http.Response) *failure {
	text := complaint(resp)
	status := resp.StatusCode
	switch {
	case status == http.StatusBadRequest:
		f := c.fail(gateway.Refused, status, text, nil)
		f.lagging = isLagging(c.method, text)
		return f
	case status == http.StatusUnauthorized:
		return c.fail(gateway.Denied, status, text+cure(text), nil)
	case status == http.StatusForbidden:
		return c.fail(gateway.Denied, status, text+": is this machine's address in the gateway's allow_admin?", nil)
	case status == http.StatusNotFound:
		return c.notFound(resp, text)
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		f := c.fail(gateway.Unreachable, status, text, nil)
		f.again, f.after = true, retryAfter(resp.Header.Get("Retry-After"))
		return f
	case status < 400:
		err := foreign(aside(resp))
		return c.fail(gateway.Unreachable, status, err.Error(), err)
	}
	return c.fail(gateway.Refused, status, text, nil)
}

// notFound tells a resource that isn't there from an API that isn't there.
func (c call) notFound(resp *http.Response, text string) *failure {
	switch {
	case text == "Key not found":
		return c.fail(gateway.Refused, resp.StatusCode, text, errAbsent)
	case !isJSON(resp.Header):
		err := foreign(text)
		return c.fail(gateway.Unreachable, resp.StatusCode, err.Error(), err)
	case strings.HasPrefix(text, "Unsupported resource type"):
		return c.fail(gateway.Refused, resp.StatusCode, text+": the gateway is too old, or runs in standalone mode", nil)
	}
	return c.fail(gateway.Refused, resp.StatusCode, text, nil)
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
	return strings.Contains(text, "already exists in global rule") || strings.HasPrefix(text, "duplicate key of plugin")
}

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

func isJSON(header http.Header) bool {
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

// scrub replaces what must not be shown, as it stands and as JSON writes it. The longest goes first: a secret may be part of
// another one, whose rest would stay.
func scrub(text string, hidden []string) string {
	longestFirst := func(a, b string) int { return cmp.Compare(len(b), len(a)) }
	for _, value := range slices.SortedFunc(slices.Values(hidden), longestFirst) {
		if value == "" {
			continue
		}
		text = strings.ReplaceAll(strings.ReplaceAll(text, value, "***"), inJSON(value), "***")
	}
	return text
}

// inJSON returns text as it stands between the quotes of a JSON string.
func inJSON(text string) string {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return text
	}
	return strings.TrimSuffix(strings.TrimPrefix(quoted.String(), `"`), "\"\n")
}

// oneLine cuts a reason to one line of at most 300 characters.
func oneLine(text string) string {
	const most = 300
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}

// withoutURL leaves out the method and URL that net/http repeats.
func withoutURL(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err.Error()
	}
	return err.Error()
}
