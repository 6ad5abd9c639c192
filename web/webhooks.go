package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/web/access"
	"github.com/sluice-gitops/sluice/web/problem"
)

// Webhooks is the door for the deliveries of one forge. A delivery that proves that it knows the secret wakes a fetch; what it says is
// not looked at. Make one with NewWebhooks; it is safe for use by several goroutines at once.
type Webhooks struct {
	// Accepted is told of the header of each genuine delivery, before anything looks; nil: nobody is. It is set before the first one.
	Accepted func(http.Header)

	kind   string
	secret func() (gateway.Secret, error)
	log    *zap.Logger
	came   chan struct{} // room for one

	limit *access.Limiter

	mu     sync.Mutex
	last   []Delivery // newest last
	counts map[string]int
}

// Delivery is what is known of one delivery of a webhook.
type Delivery struct {
	At      time.Time `json:"at"`
	ID      string    `json:"id,omitempty"`    // the forge's number
	Event   string    `json:"event,omitempty"` // "push"
	Outcome string    `json:"outcome"`         // "accepted", "forged", "no secret", "too large", "too many"
}

const (
	// mostBody is how large a delivery may be; GitHub sends up to 25 MB. Of it only the signature is worked out, piece by piece.
	mostBody       = 1 << 20
	mostGitHubBody = 25 << 20
	// perSecond and burst bound how often one address may call.
	perSecond = 5
	burst     = 50
	// mostDeliveries is how many of the last deliveries are kept.
	mostDeliveries = 50
)

// NewWebhooks returns the door for a forge of this type. Secret is asked at each delivery, so that it can be rotated.
func NewWebhooks(kind string, secret func() (gateway.Secret, error), log *zap.Logger) *Webhooks {
	return &Webhooks{
		kind: kind, secret: secret, log: log, came: make(chan struct{}, 1),
		limit: access.NewLimiter(perSecond, burst), counts: map[string]int{},
	}
}

// Last returns the newest deliveries, newest first.
func (h *Webhooks) Last() []Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := slices.Clone(h.last)
	slices.Reverse(last)
	return last
}

// Counts returns how many deliveries came to each outcome.
func (h *Webhooks) Counts() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	counts := make(map[string]int, len(h.counts))
	for outcome, n := range h.counts {
		counts[outcome] = n
	}
	return counts
}

// ServeHTTP answers at once: 202 to what is genuine, whatever it is about, since a forge stops sending to who refuses.
func (h *Webhooks) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if !h.limit.Allow(access.Of(request.Context()).Address) {
		h.note(request, "too many")
		w.Header().Set("Retry-After", "10")
		problem.Write(w, http.StatusTooManyRequests, "too many deliveries")
		return
	}
	most := int64(mostBody)
	if h.kind == forge.GitHub {
		most = mostGitHubBody
	}
	secret, err := h.secret()
	if err == nil {
		err = forge.CheckWebhook(h.kind, secret, request.Header, http.MaxBytesReader(w, request.Body, most))
	}
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		h.note(request, "accepted")
		if h.Accepted != nil {
			h.Accepted(request.Header)
		}
		select {
		case h.came <- struct{}{}:
		default: // one waits already, and says the same
		}
		w.WriteHeader(http.StatusAccepted)
	case tooLarge:
		h.note(request, "too large")
		problem.Write(w, http.StatusRequestEntityTooLarge, "the delivery is too large")
	case errors.Is(err, forge.ErrForged):
		h.note(request, "forged")
		problem.Write(w, http.StatusForbidden, err.Error())
	default:
		h.note(request, "no secret")
		h.log.Error("webhook refused", zap.Error(err))
		problem.Write(w, http.StatusServiceUnavailable, "the webhook's secret can't be read here")
	}
}

func (h *Webhooks) note(request *http.Request, outcome string) {
	event := forge.EventOf(h.kind, request.Header)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[outcome]++
	h.last = append(h.last, Delivery{At: time.Now(), ID: event.ID, Event: event.Name, Outcome: outcome})
	h.last = h.last[max(0, len(h.last)-mostDeliveries):]
	h.log.Debug("webhook", zap.String("event", event.Name), zap.String("delivery", cmp.Or(event.ID, "-")), zap.String("outcome", outcome))
}

// lags are when to look again after a delivery: a forge's Git may show a commit later than its webhook.
func lags() []time.Duration {
	return []time.Duration{0, 2 * time.Second, 5 * time.Second, 15 * time.Second, 40 * time.Second}
}

// Nudges hands on each genuine delivery as a nudge to look, and some more over the next minute. A new delivery begins anew. The channel
// is never closed; the goroutine ends with ctx.
func (h *Webhooks) Nudges(ctx context.Context) <-chan struct{} {
	nudges := make(chan struct{}, 1)
	go func() {
		var left []time.Duration
		var since time.Time
		for {
			var due <-chan time.Time
			if len(left) > 0 {
				due = time.After(time.Until(since.Add(left[0])))
			}
			select {
			case <-ctx.Done():
				return
			case <-h.came:
				left, since = lags(), time.Now()
			case <-due:
				left = left[1:]
				select {
				case nudges <- struct{}{}:
				default:
				}
			}
		}
	}()
	return nudges
}
