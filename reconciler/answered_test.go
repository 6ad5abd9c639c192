package reconciler_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAGatewayThatAnswersIsNotUnreachable lets an Admin API fail in several ways: what has answered is told with what it said, to the forge
// and in the log.
func TestAGatewayThatAnswersIsNotUnreachable(t *testing.T) {
	for status, want := range map[int][2]string{
		http.StatusNotImplemented: {"admin API answers 501 Not Implemented", "not finished, will retry"},
		http.StatusBadGateway:     {"admin API unreachable", "gateway out of reach, will retry"},
		http.StatusUnauthorized:   {"401 Unauthorized", "not finished, will retry"}, // to a look alone, that takes nothing from the commit
	} {
		r := statusRig(t)
		r.pass()
		r.post()
		logs := r.logged()
		r.faults["test"].set(func(*http.Request) (int, string) { return status, "it does not" })
		r.Look()
		r.pass()
		if text := r.text("test"); !strings.Contains(text, want[0]) {
			t.Errorf("%d: the status says %q, want %q", status, text, want[0])
		}
		if logs.FilterMessage(want[1]).Len() != 1 {
			t.Errorf("%d: logged %v, want %q", status, logs.All(), want[1])
		}
	}
}
