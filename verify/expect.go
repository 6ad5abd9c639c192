package verify

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// expectation is what the answer to a probe must be.
type expectation struct {
	status []int64 // empty: from 200 to 299
	body   pattern
	json   []wantedValue
}

// missed says what of an answer is not as it must be; "" when all is. It repeats no text of the body: secrets may come back in it.
func (e expectation) missed(a answer) string {
	if missed := e.missedStatus(a.status); missed != "" {
		return missed
	}
	if !e.body.matches(a.body) {
		return fmt.Sprintf("%d, and the body does not match %q", a.status, e.body)
	}
	if len(e.json) == 0 {
		return ""
	}
	if a.cut {
		return fmt.Sprintf("%d, and the body is over 64 KiB", a.status)
	}
	value, err := readJSON(bytes.NewReader(a.body))
	if err != nil {
		return fmt.Sprintf("%d, and the body is not JSON", a.status)
	}
	for _, wanted := range e.json {
		if missed := wanted.missed(value); missed != "" {
			return fmt.Sprintf("%d, and %s", a.status, missed)
		}
	}
	return ""
}

func (e expectation) missedStatus(status int) string {
	if len(e.status) == 0 {
		if status >= 200 && status <= 299 {
			return ""
		}
		return fmt.Sprintf("%d, want 200 to 299", status)
	}
	var wanted []string
	for _, one := range e.status {
		if one == int64(status) {
			return ""
		}
		wanted = append(wanted, fmt.Sprint(one))
	}
	return fmt.Sprintf("%d, want %s", status, strings.Join(wanted, " or "))
}

// pattern is a regular expression. The zero value matches everything.
type pattern struct{ expression *regexp.Regexp }

func (p pattern) matches(text []byte) bool { return p.expression == nil || p.expression.Match(text) }

// String returns the expression as it is written.
func (p pattern) String() string {
	if p.expression == nil {
		return ""
	}
	return p.expression.String()
}
