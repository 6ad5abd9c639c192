package page

import (
	"html"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"plain, with ünïcödé and 漢字": "plain, with ünïcödé and 漢字",
		"a\u202Egpj.exe":             "a‹U+202E›gpj.exe",
		"a\x00b\x1b[31mc":            "a‹U+0000›b‹U+001B›[31mc",
		"two\nlines\tand a tab":      "two\nlines\tand a tab",
		"broken \xff byte":           "broken \uFFFD byte",
		"family 👩‍👩‍👧":               "family 👩‍👩‍👧",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestTextsStayTexts: whatever a text holds, it becomes one element with a text, no longer than is said, and nothing in it turns around
// what stands beside it.
func TestTextsStayTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`[<>&"'/a-z{} \x{202a}-\x{202e}]*`), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		out, ok := strings.CutPrefix(string(text(in)), "<bdi>")
		inside, closed := strings.CutSuffix(out, "</bdi>")
		if !ok || !closed || strings.ContainsAny(inside, `<>"`) {
			t.Fatalf("text(%q) = %q", in, out)
		}
		read := html.UnescapeString(inside)
		if utf8.RuneCountInString(read) > shortText+1 || strings.ContainsFunc(read, func(r rune) bool { return tricky(r) || unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Fatalf("text(%q) shows %q", in, read)
		}
		if len(in) < shortText/10 && !strings.ContainsFunc(in, tricky) && utf8.ValidString(in) && read != in {
			t.Fatalf("text(%q) shows %q", in, read)
		}
	})
}

func TestValue(t *testing.T) {
	for want, in := range map[string]any{
		"5":              5,
		`"a <b>"`:        "a <b>",
		`["GET","HEAD"]`: []any{"GET", "HEAD"},
		"true":           true,
		"{\n  \"key\": \"" + strings.Repeat("v", 90) + "\"\n}": map[string]any{"key": strings.Repeat("v", 90)},
	} {
		got := html.UnescapeString(strings.TrimSuffix(strings.TrimPrefix(string(value(in)), "<bdi>"), "</bdi>"))
		if got != want {
			t.Errorf("value(%v) = %s, want %s", in, got, want)
		}
	}
}

func TestSafeLink(t *testing.T) {
	for in, want := range map[string]string{
		"https://git.acme.example/a": "https://git.acme.example/a", "http://git/": "http://git/",
		"javascript:alert(1)": "", "//evil.example/": "", "data:text/html,x": "", "/local": "", "": "", "https:": "",
	} {
		if got := safeLink(in); got != want {
			t.Errorf("safeLink(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 groups", 1: "1 group", 999: "999 groups", 1000: "1,000 groups", 1234567: "1,234,567 groups"} {
		if got := count(n, "group", "groups"); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}
