package trace

import (
	"context"
	"sync"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/zap"
)

// told says in the log that spans can't be sent, once until they can be again. Nobody else is told: traces are for looking on.
type told struct {
	sdk.SpanExporter
	log *zap.Logger

	mu   sync.Mutex
	down bool
	lost int
}

// ExportSpans sends spans, or drops them.
func (e *told) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.down
	e.down = err != nil
	switch {
	case err != nil:
		e.lost += len(spans)
		if !before {
			e.log.Warn("traces can't be sent", zap.Error(err))
		}
	case before:
		e.log.Info("traces are sent again", zap.Int("lost", e.lost))
		e.lost = 0
	}
	return nil
}
