package record

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := fresh(t)
		until := time.Now().Add(time.Hour).UTC()
		must(t, j.Pause(Pause{Environment: "prod", By: "ann", Reason: "cut-over", Until: until}))
		want := Pause{Environment: "prod", By: "ann", Reason: "cut-over", Until: until, At: time.Now().UTC()}
		for range 2 {
			got, paused := j.Paused("prod")
			check(t, "paused", true, paused)
			check(t, "pause", want, got)
			_, other := j.Paused("test")
			check(t, "another environment is paused", false, other)
			j = reopen(t, j)
		}
		time.Sleep(time.Hour)
		_, paused := j.Paused("prod")
		check(t, "paused after its end", false, paused)

		must(t, j.Pause(Pause{Environment: "prod", By: "ann", Until: time.Now().Add(time.Hour)}))
		must(t, j.Resume("prod", "bob"))
		_, paused = reopen(t, j).Paused("prod")
		check(t, "paused after it was resumed", false, paused)
	})
}

func TestPauses(t *testing.T) {
	j := fresh(t)
	var want []Pause
	for _, env := range []string{"prod", "test", "prod"} {
		must(t, j.Pause(Pause{Environment: env, By: "ann", Reason: "cut-over", Until: time.Now().Add(time.Hour).UTC()}))
		p, _ := j.Paused(env)
		want = append([]Pause{p}, want...)
		must(t, j.Note(entry("c1", Held)))
	}
	must(t, j.Resume("prod", "bob"))
	for range 2 {
		got, err := j.Pauses()
		must(t, err)
		check(t, "the newest", Pause{Environment: "prod", By: "bob", At: got[0].At}, got[0])
		check(t, "its time", true, !got[0].At.Before(got[1].At))
		if diff := cmp.Diff(want, got[1:]); diff != "" {
			t.Errorf("pauses (-want +got):\n%s", diff)
		}
		j = reopen(t, j)
	}
	offset := j.pauseLines[0]
	must(t, os.WriteFile(j.path, make([]byte, offset+10), 0o600))
	if got, err := j.Pauses(); err == nil {
		t.Errorf("a journal that can't be read is read as %v", got)
	}
}

func TestPauseMisuse(t *testing.T) {
	j, soon := fresh(t), time.Now().Add(time.Hour)
	tests := []struct {
		name string
		do   func() error
		want string
	}{
		{"without an end", func() error { return j.Pause(Pause{Environment: "prod", By: "ann"}) },
			`pause environment "prod": a pause must end, and 0001-01-01T00:00:00Z is not in the future`},
		{"by nobody", func() error { return j.Pause(Pause{Environment: "prod", Until: soon}) },
			`pause environment "prod": it says that an environment was paused or resumed, and not which or by whom`},
		{"of nothing", func() error { return j.Pause(Pause{By: "ann", Until: soon}) },
			`pause environment "": it says that an environment was paused or resumed, and not which or by whom`},
		{"resume what goes on", func() error { return j.Resume("prod", "ann") }, `resume environment "prod": environment "prod" is not paused`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.do()
			if err == nil {
				t.Fatal("no error")
			}
			check(t, "error", test.want, err.Error())
		})
	}
	report, err := Verify(j.path)
	must(t, err)
	check(t, "lines", int64(0), report.Lines)
}
