package control

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

var errBehind = errors.New("behind")

// TestALaggingWorkerIsRarelyMissed has one of several workers lag, and counts the polls that end before it has caught up: less than one
// of a hundred, however long it lags and often the count begins anew. Where nobody knows how many there are, most end too early.
func TestALaggingWorkerIsRarelyMissed(t *testing.T) {
	for _, test := range []struct {
		workers, known int
		lag            time.Duration
		least, most    int // of 200
	}{
		{1, 1, time.Second, 0, 0}, {2, 2, time.Second, 0, 2}, {8, 8, time.Second, 0, 2}, {8, 8, 2 * time.Second, 0, 2}, {16, 16, 2 * time.Second, 0, 2},
		{8, 0, time.Second, 100, 200},
	} {
		synctest.Test(t, func(t *testing.T) {
			random, early := rand.New(rand.NewPCG(1, uint64(test.workers))), 0
			for range 200 {
				began := time.Now()
				_, err := Poll{Timeout: time.Second, Workers: test.known}.Until(t.Context(), func(context.Context, *http.Client) (gateway.Key, error) {
					time.Sleep(time.Millisecond)
					if random.IntN(test.workers) == 0 && time.Since(began) < test.lag {
						return gateway.Key{}, errBehind
					}
					return gateway.Key{}, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if time.Since(began) < test.lag {
					early++
				}
			}
			if early < test.least || early > test.most {
				t.Errorf("%d workers, %d known, a lag of %v: %d of 200 polls ended too early, want %d to %d",
					test.workers, test.known, test.lag, early, test.least, test.most)
			}
		})
	}
}

// TestRoundsKeepToTheChance: the chances of all attempts of all polls together are below a hundredth.
func TestRoundsKeepToTheChance(t *testing.T) {
	for _, test := range []struct{ workers, polls, attempt, want int }{
		{0, 1, 7, guessed}, {1, 3, 9, 1}, {2, 1, 1, 9}, {2, 0, 1, 9}, {8, 1, 1, 56}, {8, 3, 1, 64}, {8, 1, 600, 146},
	} {
		if got := (Poll{Workers: test.workers, Polls: test.polls}).rounds(test.attempt); got != test.want {
			t.Errorf("%d workers, %d polls, attempt %d: %d rounds, want %d", test.workers, test.polls, test.attempt, got, test.want)
		}
	}
}

// TestUntilEndsWithTheContext and returns what the instance said last, not that time was up.
func TestUntilEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		key := gateway.Key{Kind: gateway.Routes, ID: "r"}
		behind, err := Poll{Timeout: time.Second, Workers: 2}.Until(ctx, func(ctx context.Context, _ *http.Client) (gateway.Key, error) {
			if ctx.Err() != nil {
				return gateway.Key{}, ctx.Err()
			}
			return key, errBehind
		})
		if behind != key || !errors.Is(err, errBehind) {
			t.Errorf("%v, %v", behind, err)
		}
	})
}
