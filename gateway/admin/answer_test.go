package admin

import (
	"strings"
	"testing"
)

// TestScrubLeavesNothingOfALongerSecret has a secret that is the beginning of another one.
func TestScrubLeavesNothingOfALongerSecret(t *testing.T) {
	for _, hidden := range [][]string{{"abc", "abcdef"}, {"abcdef", "abc"}} {
		if got, want := scrub("key abcdef and abc", hidden), "key *** and ***"; got != want {
			t.Errorf("scrub with %q = %q, want %q", hidden, got, want)
		}
	}
}

func TestAdminURLIsNotRepeated(t *testing.T) {
	if _, err := Base("htps://admin:hunter2@eu:9180", "/apisix/admin"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("err = %v", err)
	}
}
