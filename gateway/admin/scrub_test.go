package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestScrubLeavesNothingOfALongerSecret has a secret that is the beginning of another one.
func TestScrubLeavesNothingOfALongerSecret(t *testing.T) {
	for _, hidden := range [][]string{{"abc", "abcdef"}, {"abcdef", "abc"}} {
		if got, want := scrub("key abcdef and abc", hidden), "key *** and ***"; got != want {
			t.Errorf("scrub with %q = %q, want %q", hidden, got, want)
		}
	}
}

// TestScrubSeesThroughEscapes: a gateway quotes what it was sent as JSON, with slashes escaped or not, once or twice.
func TestScrubSeesThroughEscapes(t *testing.T) {
	hidden := []string{`s3cr3t/with"quote`, "pem line1\nline2\n", `back\new`, "é\x01x"}
	for text, want := range map[string]string{
		`bad value s3cr3t/with"quote here`:         `bad value *** here`,
		`bad value s3cr3t\/with\"quote here`:       `bad value *** here`,
		`bad value "s3cr3t\/with\\\"quote"`:        `bad value "***"`,
		`bad value \"s3cr3t\\\/with\\\"quote\"`:    `bad value \"***\"`,
		"cert pem line1 line2 is bad":              "cert *** is bad",
		`cert pem line1\nline2\n`:                  `cert ***\n`,
		`cert "pem line1\\nline2\\n" is bad`:       `cert "***\\n" is bad`,
		`it has back\new`:                          `it has ***`,
		`it has back\\new`:                         `it has ***`,
		`it has \u00e9\u0001x`:                     `it has ***`,
		`nothing \/of "it" here: \\ s3cr3t, line1`: `nothing \/of "it" here: \\ s3cr3t, line1`,
	} {
		if got := scrub(text, hidden); got != want {
			t.Errorf("scrub(%s) = %s, want %s", text, got, want)
		}
	}
}

// TestScrubHidesAnySecret however deep the quotes around it are.
func TestScrubHidesAnySecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Z]{4}[A-Za-z0-9/"\\ \t\n+=é-]{0,20}[A-Z]{4}`).Draw(t, "secret")
		quoted := secret
		for range rapid.IntRange(0, 3).Draw(t, "depth") {
			text, err := json.Marshal(quoted)
			if err != nil {
				t.Fatal(err)
			}
			quoted = string(text)
			if rapid.Bool().Draw(t, "slashes") {
				quoted = strings.ReplaceAll(quoted, "/", `\/`)
			}
		}
		const before, after = "property: ", " is wrong"
		got := scrub(before+quoted+after, []string{"other", secret})
		if rest := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(got, before), after), `"\`); rest != stars {
			t.Fatalf("%q became %q", quoted, got)
		}
	})
}

// TestScrubLooksOnlyOnce at each secret that isn't there: it copies none of them.
func TestScrubLooksOnlyOnce(t *testing.T) {
	var hidden []string
	for i := range 10_000 {
		hidden = append(hidden, fmt.Sprintf("-----BEGIN %d-----\nsecret/%d", i, i))
	}
	const text = "failed to check the configuration of plugin key-auth err: secret/12 is wrong"
	if got := testing.AllocsPerRun(3, func() { scrub(text, hidden) }); got > 10 {
		t.Errorf("%v allocations for a text without a secret", got)
	}
}
