package record

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestActs(t *testing.T) {
	j := fresh(t)
	var want []Act
	for _, a := range []Act{{Kind: ActSync, By: "ann"}, {Kind: ActRetry, Environment: "prod", By: "bob"}, {Kind: ActSync, By: "ann"}} {
		must(t, j.Act(a))
		must(t, j.Note(entry("c1", Held)))
		want = append([]Act{a}, want...)
	}
	for range 2 {
		got, err := j.Acts(10)
		must(t, err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(time.Time{})); diff != "" {
			t.Errorf("acts (-want +got):\n%s", diff)
		}
		if got[0].At.IsZero() || got[0].At.Before(got[2].At) {
			t.Errorf("their times: %v", got)
		}
		newest, err := j.Acts(1)
		must(t, err)
		check(t, "the newest", got[:1], newest)
		j = reopen(t, j)
	}
	must(t, os.WriteFile(j.path, make([]byte, j.actLines[0]+10), 0o600))
	if got, err := j.Acts(10); err == nil {
		t.Errorf("a journal that can't be read is read as %v", got)
	}
}

func TestActMisuse(t *testing.T) {
	j := fresh(t)
	for _, a := range []Act{{}, {Kind: ActSync}, {By: "ann"}} {
		if err := j.Act(a); err == nil {
			t.Errorf("%+v is taken", a)
		}
	}
	report, err := Verify(j.path)
	must(t, err)
	check(t, "lines", int64(0), report.Lines)
}
