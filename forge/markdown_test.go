package forge

import (
	"strings"
	"testing"
)

func TestCode(t *testing.T) {
	for text, want := range map[string]string{
		"users":                        "`users`",
		"a `b` @all <img src=x>":       "`` a `b` @all <img src=x> ``",
		"```":                          "```` ``` ````",
		" \n ":                         "(empty)",
		"line\nbreak\u2028and \x1b[1m": "`line break and  [1m`",
		"safe\u202Egnp.exe":            "`safe‹U+202E›gnp.exe`",
		"\u2066isolated\u2069":         "`‹U+2066›isolated‹U+2069›`",
		"not \xff UTF-8":               "`not � UTF-8`",
	} {
		if got := Code(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPlainLine(t *testing.T) {
	if got := plainLine("conflicts in base/\u202egnp\nx \xff"+strings.Repeat("é", 300), 40); got != "conflicts in base/�gnp x �"+strings.Repeat("é", 13)+"…" {
		t.Errorf("%q", got)
	}
}
