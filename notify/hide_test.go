package notify

import (
	"strings"
	"testing"
)

// TestHide: a receiver that repeats its address, or only the part of it that is secret, shows neither.
func TestHide(t *testing.T) {
	const address = "https://hooks.example.com/services/T00000000/B11111111/s3cr3tpart9?key=an0ther%20one"
	for _, words := range []string{
		"no " + address, "no_service /services/T00000000/B11111111/s3cr3tpart9", "token s3cr3tpart9 is gone", "key=an0ther%20one is wrong",
	} {
		got := hide(words, address)
		if strings.Contains(got, "s3cr3tpart9") || strings.Contains(got, "an0ther") || !strings.Contains(got, "***") {
			t.Errorf("%q shows as %q", words, got)
		}
	}
	if got := hide("no such service", address); got != "no such service" {
		t.Errorf("a word became %q", got)
	}
}
