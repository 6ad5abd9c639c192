package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// The types of receivers.
const (
	Webhook = "webhook" // a signed message as JSON
	Slack   = "slack"   // a text, as Slack, Mattermost, Rocket.Chat and others take it
)

// Types lists the types of receivers.
func Types() []string { return []string{Webhook, Slack} }

// Config says who is told what.
type Config struct {
	Name string // of the receiver; what it was told is kept under it
	Type string // one of Types
	// Address returns where messages go, https or http. Key returns what those of a Webhook are signed with. Both are asked for each message.
	Address, Key func() (gateway.Secret, error)
	Environments []string // globs of the environments; none: all
	States       []record.State
	Repository   string                      // says which config repo it is about; it may be empty
	Page         func(e record.Entry) string // the address at which everything about an end can be read; nil: there is none
	Transport    http.RoundTripper           // nil: http.DefaultTransport
	Log          *zap.Logger                 // nil: none
}

// Receiver sends messages to one address. It is used from one goroutine.
type Receiver struct {
	config Config
	client *http.Client
	log    *zap.Logger
}

const (
	// answerTime bounds one message with its answer.
	answerTime = 15 * time.Second
	// mostAge is how old an end may be to be worth telling.
	mostAge = 7 * 24 * time.Hour
	// slackSpacing is the time between two messages that Slack asks for (https://docs.slack.dev/apis/web-api/rate-limits).
	slackSpacing = time.Second
)

// New returns a receiver. It speaks to nobody yet.
func New(c Config) *Receiver {
	log := c.Log
	if log == nil {
		log = zap.NewNop()
	}
	return &Receiver{config: c, log: log.With(zap.String("receiver", c.Name)), client: &http.Client{
		Transport: c.Transport, Timeout: answerTime,
		// A redirect would carry the message, and with Slack's the proof that it is genuine, to where nobody has sent it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Feed returns what tells r how commits end from the first time on that it runs.
func (r *Receiver) Feed(journal feed.Journal) *feed.Feed {
	return &feed.Feed{Listener: "notifications/" + r.config.Name, Journal: journal, Wants: r.Wants, Log: r.log, Take: r.take}
}

// DefaultStates are the ends that are told where nothing else is said.
func DefaultStates() []record.State {
	return []record.State{record.Applied, record.Held, record.Failed, record.RolledBack}
}

// Wants reports whether an end is one to be told.
func (r *Receiver) Wants(e record.Entry) bool {
	states := r.config.States
	if len(states) == 0 {
		states = DefaultStates()
	}
	if !slices.Contains(states, e.State) {
		return false
	}
	return len(r.config.Environments) == 0 || slices.ContainsFunc(r.config.Environments, func(glob string) bool {
		match, err := path.Match(glob, e.Environment)
		return err == nil && match
	})
}

// take sends one message for each end. What is too old, and what the receiver will never take, is left out, and the log says so.
func (r *Receiver) take(ctx context.Context, ends []record.Entry) error {
	for _, e := range ends {
		if time.Since(e.Finished) > mostAge {
			r.leaveOut(e, errors.New("it is more than seven days old"))
			continue
		}
		err := r.Send(ctx, e)
		if errors.Is(err, errRefused) {
			r.leaveOut(e, err)
			continue
		}
		if err != nil {
			return err
		}
		r.space(ctx)
	}
	return nil
}

func (r *Receiver) leaveOut(e record.Entry, why error) {
	r.log.Error("notification left out", zap.String("commit", e.Commit), zap.String("env", e.Environment), zap.String("state", string(e.State)), zap.Error(why))
}

// space keeps the distance between two messages.
func (r *Receiver) space(ctx context.Context) {
	if r.config.Type != Slack {
		return
	}
	select {
	case <-time.After(slackSpacing):
	case <-ctx.Done():
	}
}

// Send sends one message, and returns nil when it was taken. An error may be a *feed.Wait.
func (r *Receiver) Send(ctx context.Context, e record.Entry) error {
	address, err := r.config.Address()
	if err != nil {
		return err
	}
	m := newMessage(e, r.config)
	request, err := r.request(ctx, address.Reveal(), m)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "sluice")
	if err := r.post(request, address); err != nil {
		return fmt.Errorf("notify %s: %w", r.config.Name, err)
	}
	return nil
}
