package control

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

const (
	pause = 50 * time.Millisecond // after an answer that is not as expected
	// guessed is how many answers in a row must be as expected where nobody knows how many workers there are. It proves nothing.
	guessed = 5
	// mostMissed is the chance that a barrier overlooks a worker that lags.
	mostMissed = 0.01
)

// Poll asks the workers of one instance. It is safe for use by several goroutines at once.
type Poll struct {
	Transport http.RoundTripper // an *http.Transport is cloned for each question, so that each has a connection of its own
	Timeout   time.Duration     // for one question; 0 leaves no time
	Workers   int               // how many processes serve; 0 when nobody knows
	Polls     int               // how many polls the same barrier waits for; 0 means this one alone
}

// Question asks one worker over client's connection. It returns the first key that isn't as expected, and how.
type Question func(ctx context.Context, client *http.Client) (gateway.Key, error)

// Until asks until every worker must have given the expected answer, or until ctx ends: then it returns what the last question did.
// One worker, chosen by chance, answers each question. Where their number is known, so many answers in a row must be as expected
// that all polls of a barrier together overlook a worker that lags in less than one barrier of a hundred, however often they begin
// anew. Where it isn't, five are enough, which proves nothing.
func (p Poll) Until(ctx context.Context, ask Question) (behind gateway.Key, err error) {
	attempt := 1
	for good := 0; good < p.rounds(attempt); {
		key, unmet := p.anew(ctx, ask)
		if unmet == nil {
			good++
			continue
		}
		// That ctx ended says nothing about the instance.
		if ctx.Err() == nil || err == nil {
			behind, err = key, unmet
		}
		good, attempt = 0, attempt+1
		if admin.Sleep(ctx, pause) != nil {
			return behind, err
		}
	}
	return gateway.Key{}, nil
}

// rounds is how many answers in a row must be as expected, of the attempt of that number. The chance that one of w workers is
// among none of r that were chosen is at most w·(1-1/w)^r. Of the chance that a barrier has, attempt n takes the n·(n+1)-th part:
// all of them together take the whole.
func (p Poll) rounds(attempt int) int {
	if p.Workers <= 0 {
		return guessed
	}
	w, n := float64(p.Workers), float64(attempt)
	missed := mostMissed / float64(max(p.Polls, 1)) / (n * (n + 1))
	return max(1, int(math.Ceil(math.Log(missed/w)/math.Log1p(-1/w))))
}

// anew asks over a new connection.
func (p Poll) anew(ctx context.Context, ask Question) (gateway.Key, error) {
	client := &http.Client{Transport: p.Transport, CheckRedirect: admin.StayHere}
	if own, ok := p.Transport.(*http.Transport); ok {
		fresh := own.Clone()
		defer fresh.CloseIdleConnections()
		client.Transport = fresh
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	return ask(ctx, client)
}
