package reconciler_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// noSource is a config repo that can't be read.
type noSource struct{ asked int }

func (s *noSource) Latest(context.Context) (source.Snapshot, error) {
	s.asked++
	return source.Snapshot{}, errors.New("no way")
}

func (s *noSource) Head(context.Context) (string, error) { return "", errors.New("no way") }

// TestTroubleThatLastsIsToldLessAndLess nudges each second while the config repo can't be read: each nudge looks, few speak.
func TestTroubleThatLastsIsToldLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal, err := record.Open(t.TempDir()+"/journal", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer journal.Close()
		core, logs := observer.New(zap.WarnLevel)
		broken := &noSource{}
		r, err := reconciler.New(reconciler.Config{Source: broken, Journal: journal, DriftInterval: time.Hour, Log: zap.New(core)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		nudges := make(chan struct{}, 1)
		go func() {
			for second := time.NewTicker(time.Second); ; {
				select {
				case <-second.C:
				case <-ctx.Done():
					return
				}
				select {
				case nudges <- struct{}{}:
				default:
				}
			}
		}()
		if err := r.Run(ctx, nudges); err != nil {
			t.Fatal(err)
		}
		said := logs.FilterMessage("pass stopped, will retry").Len()
		if broken.asked < 590 || said < 10 || said > 20 {
			t.Errorf("asked %d times in 10 minutes, and said so %d times", broken.asked, said)
		}
	})
}
