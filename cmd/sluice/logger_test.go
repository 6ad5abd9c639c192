package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/settings"
)

// TestTheFormOfTheLog writes the same line in both forms.
func TestTheFormOfTheLog(t *testing.T) {
	for format, want := range map[string]string{"json": `"msg":"applied"`, "": `"msg":"applied"`, "console": "INFO\tapplied\t{\"env\": \"prod\"}"} {
		var out bytes.Buffer
		log, err := logger(&out, settings.Log{Level: "info", Format: format})
		if err != nil {
			t.Fatal(err)
		}
		log.Info("applied", zap.String("env", "prod"))
		log.Debug("change")
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("format %q: %s", format, out.String())
		}
		if isJSON := json.Valid(out.Bytes()); isJSON == (format == "console") {
			t.Errorf("format %q is JSON: %v", format, isJSON)
		}
	}
	if _, err := logger(&bytes.Buffer{}, settings.Log{Level: "loud"}); err == nil {
		t.Error("a level that is none is taken")
	}
}

// TestAStormIsCalmed counts what is left out, and leaves nothing out for who asks for debug.
func TestAStormIsCalmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log, err := logger(&out, settings.Log{Level: "info", Format: "json"})
		if err != nil {
			t.Fatal(err)
		}
		storm := func() int {
			out.Reset()
			for range 10 * mostLines {
				log.With(zap.String("group", "eu")).Warn("gateway out of reach, will retry")
			}
			log.Info("following")
			return strings.Count(out.String(), "\n")
		}
		want := mostLines + 9*mostLines/everyLine + 1 // and the one that is no storm
		if got := storm(); got != want || log.dropped.Load() != int64(10*mostLines+1-want) {
			t.Errorf("%d lines came through, %d were counted as left out; want %d lines", got, log.dropped.Load(), want)
		}
		time.Sleep(2 * time.Second)
		if got := storm(); got != want {
			t.Errorf("%d lines came through a second later, want %d", got, want)
		}
		log.level.SetLevel(zap.DebugLevel)
		if got := storm(); got != 10*mostLines+1 {
			t.Errorf("%d lines came through at level debug, want all", got)
		}
	})
}
