package strictyaml

import (
	"bytes"
	"encoding"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Encode writes a value as YAML in one fixed form: sorted keys, two spaces of indentation, quotes only where they are needed.
// It takes map[string]any, []any, string, bool, int64, int, float64, nil, and anything that marshals to text, which secrets
// do as ***. What it wrote, Parse reads back as the same value.
func Encode(w io.Writer, value any) error {
	e := encoder{}
	if err := e.block(value, 0); err != nil {
		return err
	}
	_, err := w.Write(bytes.TrimPrefix(e.buf.Bytes(), []byte("\n")))
	return err
}

type encoder struct{ buf bytes.Buffer }

// block writes a value that follows a key, a dash or nothing; it begins with the space or the line break that parts them.
func (e *encoder) block(value any, indent int) error {
	switch v := value.(type) {
	case map[string]any:
		if len(v) > 0 {
			e.buf.WriteByte('\n')
			return e.fields(v, indent, false)
		}
		e.word("{}")
	case []any:
		if len(v) > 0 {
			e.buf.WriteByte('\n')
			return e.items(v, indent)
		}
		e.word("[]")
	case string:
		e.text(v, indent)
	default:
		word, err := scalarWord(v)
		if err != nil {
			return err
		}
		e.word(word)
	}
	return nil
}

func (e *encoder) word(word string) {
	if e.buf.Len() > 0 {
		e.buf.WriteByte(' ')
	}
	e.buf.WriteString(word + "\n")
}

// fields writes a map. Inline says that its first key stands on the line that is begun already.
func (e *encoder) fields(m map[string]any, indent int, inline bool) error {
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 || !inline {
			e.buf.WriteString(strings.Repeat(" ", indent))
		}
		e.buf.WriteString(quote(key) + ":")
		if err := e.block(m[key], indent+2); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (e *encoder) items(list []any, indent int) error {
	for i, item := range list {
		e.buf.WriteString(strings.Repeat(" ", indent) + "-")
		m, ok := item.(map[string]any)
		var err error
		if ok && len(m) > 0 {
			e.buf.WriteByte(' ')
			err = e.fields(m, indent+2, true)
		} else {
			err = e.block(item, indent+2)
		}
		if err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func scalarWord(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "null", nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		return floatWord(v)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return quote(string(text)), err
	}
	return "", fmt.Errorf("a value of type %T can't be written as YAML", value)
}

func floatWord(f float64) (string, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("%v is not a finite number", f)
	}
	return strconv.FormatFloat(f, 'g', -1, 64), nil
}

var (
	bare   = regexp.MustCompile(`^[A-Za-z/_$][A-Za-z0-9/_.*$@+()=~^|?<>-]*( [A-Za-z0-9/_.*$@+()=~^|?<>-]+)*$`)
	lines  = regexp.MustCompile(`^[!-~][\t -~\x{a0}-\x{2027}]*(\n[!-~][\t -~\x{a0}-\x{2027}]*)*\n$`)
	notStr = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n)$`)
)

// text writes a string. Several lines become a block, which is how people write certificates.
func (e *encoder) text(s string, indent int) {
	if !lines.MatchString(s) || strings.Count(s, "\n") < 2 || e.buf.Len() == 0 {
		e.word(quote(s))
		return
	}
	e.word("|")
	for line := range strings.Lines(s) {
		e.buf.WriteString(strings.Repeat(" ", indent) + line)
	}
}

// quote returns s as it is where every reader takes it for text, else in double quotes.
func quote(s string) string {
	if bare.MatchString(s) && !notStr.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		b.WriteString(escape(r))
	}
	b.WriteByte('"')
	return b.String()
}

// escape writes one rune between double quotes.
func escape(r rune) string {
	switch {
	case r == '"' || r == '\\':
		return `\` + string(r)
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r < ' ' || (r >= 0x7f && r < 0xa0) || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return string(r)
}
