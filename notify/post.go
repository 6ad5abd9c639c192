package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/gateway"
)

// errRefused says that this message will never be taken, and others may be.
var errRefused = errors.New("refused")

// mostWords is how much of an answer goes into an error.
const mostWords = 200

// request makes the request for one message.
func (r *Receiver) request(ctx context.Context, address string, m Message) (*http.Request, error) {
	body, err := m.body()
	if r.config.Type == Slack {
		body, err = m.slack()
	}
	if err != nil {
		return nil, fmt.Errorf("write the notification: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil { // it holds the address
		return nil, errors.New("the address of notifications." + r.config.Name + " is not https://HOST/PATH")
	}
	if r.config.Type != Webhook {
		return request, nil
	}
	key, err := r.config.Key()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	signature, err := sign(key, m.ID, now, body)
	if err != nil {
		return nil, fmt.Errorf("sign for notifications.%s: %w", r.config.Name, err)
	}
	request.Header.Set("webhook-id", m.ID)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("webhook-signature", signature)
	return request, nil
}

// post sends a request, and says what its answer means. The address is in no error.
func (r *Receiver) post(request *http.Request, address gateway.Secret) error {
	response, err := r.client.Do(request)
	if err != nil {
		return errors.New(r.reason(err))
	}
	defer response.Body.Close()
	status := response.StatusCode
	if status >= 200 && status < 300 {
		return nil
	}
	said, err := io.ReadAll(io.LimitReader(response.Body, mostWords))
	if err != nil || status >= 300 && status < 400 {
		said = nil
	}
	words := hide(string(said), address.Reveal())
	words = strings.Join(strings.FieldsFunc(words, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
	text := fmt.Errorf("%d: %s", status, cmp.Or(words, http.StatusText(status)))
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: %w", errRefused, text)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &feed.Wait{Err: text, After: after(response.Header.Get("Retry-After"))}
	}
	return text
}

// shortestPart is how long a part of an address must be to count as secret by itself, in bytes. Shorter ones are words, as services.
const shortestPart = 9

// hide takes an address out of what a receiver says, and every part of it that may be its secret: many name the path alone.
func hide(words, address string) string {
	words = strings.ReplaceAll(words, address, "***")
	parsed, err := url.Parse(address)
	if err != nil {
		return words
	}
	parts := strings.FieldsFunc(parsed.EscapedPath()+"/"+parsed.Path+"/"+parsed.RawQuery, func(c rune) bool { return strings.ContainsRune("/&=?", c) })
	if password, ok := parsed.User.Password(); ok {
		parts = append(parts, password)
	}
	for _, part := range parts {
		if len(part) >= shortestPart {
			words = strings.ReplaceAll(words, part, "***")
		}
	}
	return words
}

// reason says why there was no answer. What net/http says itself names the address.
func (r *Receiver) reason(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

// mostAfter bounds how long a receiver may ask us to stay away.
const mostAfter = time.Hour

// after reads a Retry-After header; zero when it says nothing.
func after(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return min(time.Duration(seconds)*time.Second, mostAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(time.Until(at), mostAfter)
	}
	return 0
}
