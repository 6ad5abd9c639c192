package main

import (
	"io"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/sluice-gitops/sluice/settings"
)

// logged is a log, and what belongs to it while it is in use.
type logged struct {
	*zap.Logger
	level   zap.AtomicLevel // changes what is logged
	dropped atomic.Int64    // lines that came too often and were left out
}

// Of the lines with the same message this many go through in a second, and from then on every so manieth.
const (
	mostLines = 250
	everyLine = 100
)

// logger returns a log of the form and level that are wanted: without a form it is readable on a terminal, and JSON lines elsewhere.
func logger(w io.Writer, wanted settings.Log) (*logged, error) {
	threshold, err := zap.ParseAtomicLevel(wanted.Level)
	if err != nil {
		return nil, usageError{err}
	}
	l := &logged{level: threshold}
	core := zapcore.NewCore(encoder(wanted.Format, isTerminal(w)), zapcore.Lock(zapcore.AddSync(w)), threshold)
	count := zapcore.SamplerHook(func(_ zapcore.Entry, decision zapcore.SamplingDecision) {
		if decision&zapcore.LogDropped != 0 {
			l.dropped.Add(1)
		}
	})
	l.Logger = zap.New(calm{Core: core, calmed: zapcore.NewSamplerWithOptions(core, time.Second, mostLines, everyLine, count)})
	return l, nil
}

func encoder(format string, terminal bool) zapcore.Encoder {
	config := zap.NewProductionEncoderConfig()
	config.EncodeTime = zapcore.RFC3339TimeEncoder
	config.EncodeDuration = zapcore.StringDurationEncoder
	if format == "json" || format == "" && !terminal {
		return zapcore.NewJSONEncoder(config)
	}
	config.EncodeLevel = zapcore.CapitalLevelEncoder
	if terminal {
		config.EncodeTime = zapcore.TimeEncoderOfLayout(time.TimeOnly)
		config.EncodeLevel = zapcore.CapitalColorLevelEncoder
	}
	return zapcore.NewConsoleEncoder(config)
}

// calm leaves lines out when the same comes too often. Who asks for debug gets everything.
type calm struct {
	zapcore.Core
	calmed zapcore.Core
}

// With adds fields to both.
func (c calm) With(fields []zap.Field) zapcore.Core {
	return calm{Core: c.Core.With(fields), calmed: c.calmed.With(fields)}
}

// Check decides about a line.
func (c calm) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(zapcore.DebugLevel) {
		return c.Core.Check(entry, checked)
	}
	return c.calmed.Check(entry, checked)
}
