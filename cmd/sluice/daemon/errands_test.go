package daemon

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// TestErrands runs what a standby sends at the leader: it is on record, and a pass is asked for, or the answer says why not.
func TestErrands(t *testing.T) {
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	tests := map[string]struct {
		errand, wrong string
		asks          bool
	}{
		"a webhook came":     {`{}`, "", true},
		"look":               {`{"act": {"kind": "sync", "by": "ada"}}`, "", true},
		"pause":              {`{"pause": {"environment": "prod", "by": "ada", "reason": "cut-over", "until": "` + until + `"}}`, "", true},
		"a pause of nothing": {`{"pause": {"by": "ada"}}`, "pause", false},
		"not ours":           {`sync`, "invalid character", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			journal, err := record.Open(t.TempDir()+"/journal", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer journal.Close()
			d := &Daemon{asked: make(chan struct{}, 1), log: zap.NewNop(), Journal: journal}
			d.now.Store(&wiring{})
			answer := string(d.runErrand([]byte(test.errand)))
			if test.wrong == "" && answer != "{}" || !strings.Contains(answer, test.wrong) {
				t.Errorf("answer: %s", answer)
			}
			if asks := len(d.asked) == 1; asks != test.asks {
				t.Errorf("asks for a pass: %v", asks)
			}
			if _, paused := journal.Paused("prod"); paused != (name == "pause") {
				t.Errorf("paused: %v", paused)
			}
		})
	}
}
