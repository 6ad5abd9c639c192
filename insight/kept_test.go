package insight

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestOneAnswerForAllWhoAsk lets many ask for the same thing at once, and again within and after its age.
func TestOneAnswerForAllWhoAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kept[int64]{most: 2, limit: time.Minute, age: 10 * time.Second}
		var made atomic.Int64
		slow := func(context.Context) (int64, error) {
			time.Sleep(time.Second)
			return made.Add(1), nil
		}
		want := func(fresh bool, want int64) {
			t.Helper()
			if got, _, err := k.get(t.Context(), "a", fresh, slow); got != want || err != nil {
				t.Errorf("got %d, %v; want %d", got, err, want)
			}
		}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { want(false, 1) })
		}
		all.Wait()
		want(false, 1)
		want(true, 2)
		time.Sleep(8 * time.Second)
		want(false, 2)
		time.Sleep(2 * time.Second)
		want(false, 3)
	})
}

// TestAnErrorIsAskedAgain wants nothing kept of what went wrong.
func TestAnErrorIsAskedAgain(t *testing.T) {
	k := kept[int]{most: 2}
	tries := 0
	for range 3 {
		_, _, err := k.get(t.Context(), "a", false, func(context.Context) (int, error) {
			tries++
			return 0, fmt.Errorf("try %d", tries)
		})
		if err == nil || err.Error() != fmt.Sprintf("try %d", tries) {
			t.Errorf("got %v after %d tries", err, tries)
		}
	}
	if tries != 3 {
		t.Errorf("it was tried %d times", tries)
	}
}

// TestAnAnswerIsBounded: who asks waits no longer than it wants to, and no answer is made for longer than its limit.
func TestAnAnswerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kept[int]{most: 2, limit: 5 * time.Second}
		stuck := func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := k.get(ctx, "a", false, stuck); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("who asked waited %s: %v", time.Since(begun), err)
		}
		if _, _, err := k.get(t.Context(), "a", false, stuck); err == nil || time.Since(begun) != 5*time.Second {
			t.Errorf("it was made for %s: %v", time.Since(begun), err)
		}
	})
}

// TestOnlyTheNewestAnswersAreKept asks for more than there is room for.
func TestOnlyTheNewestAnswersAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kept[string]{most: 3}
		var made []string
		get := func(name string) {
			_, _, _ = k.get(t.Context(), name, false, func(context.Context) (string, error) {
				made = append(made, name)
				return name, nil
			})
			time.Sleep(time.Second)
		}
		for _, name := range []string{"a", "b", "c", "c", "d", "b", "c", "a"} {
			get(name)
		}
		if got := fmt.Sprint(made); got != "[a b c d a]" || len(k.answers) != 3 {
			t.Errorf("made %s, kept %d", got, len(k.answers))
		}
	})
}
