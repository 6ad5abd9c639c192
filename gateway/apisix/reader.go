package apisix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
)

// reader reads JSON that encoding/json has found to be valid, which is why it looks at no more than it must.
type reader struct {
	words *words
	rest  []byte
	at    gateway.Path // of the value that is read
}

var errEnds = errors.New("the value ends early")

// peek returns the next byte that is no white space; 0 at the end.
func (r *reader) peek() byte {
	r.rest = bytes.TrimLeft(r.rest, " \t\r\n")
	if len(r.rest) == 0 {
		return 0
	}
	return r.rest[0]
}

// skip passes over the byte that peek returned.
func (r *reader) skip() { r.rest = r.rest[1:] }

// below reads the value one step further in.
func (r *reader) below(step gateway.Step) (any, error) {
	r.at = append(r.at, step)
	v, err := r.value()
	if err == nil {
		r.at = r.at[:len(r.at)-1]
	}
	return v, err
}

func (r *reader) value() (any, error) {
	switch r.peek() {
	case '{':
		return r.object()
	case '[':
		return r.list()
	case '"':
		text, err := r.quoted()
		if err != nil {
			return nil, err
		}
		return r.words.text(text), nil
	case 't', 'f':
		word := r.bare()
		return string(word) == "true", nil
	case 'n':
		// Canonical has the words for what has no canonical form, and where.
		_, err := gateway.Canonical(nil)
		return nil, r.placed(err)
	}
	return r.number()
}

func (r *reader) object() (map[string]any, error) {
	r.skip()
	fields := map[string]any{}
	for {
		switch r.peek() {
		case '}':
			r.skip()
			return fields, nil
		case ',':
			r.skip()
			continue
		case '"':
		default:
			return nil, errEnds
		}
		text, err := r.quoted()
		if err != nil {
			return nil, err
		}
		name := r.words.name(text)
		if r.peek() != ':' {
			return nil, errEnds
		}
		r.skip()
		if fields[name], err = r.below(gateway.Field(name)); err != nil {
			return nil, err
		}
	}
}

func (r *reader) list() (any, error) {
	r.skip()
	items := []any{}
	for {
		switch r.peek() {
		case ']':
			r.skip()
			return items, nil
		case ',':
			r.skip()
			continue
		}
		item, err := r.below(gateway.Item(len(items)))
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
}

// quoted reads a string. What it returns is only good until the next read.
func (r *reader) quoted() ([]byte, error) {
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			text := r.rest[1:i]
			r.rest = r.rest[i+1:]
			return text, nil
		case c == '\\' || c >= 0x80:
			return r.escaped()
		}
	}
	return nil, errEnds
}

// escaped reads a string that does not stand for itself: with escapes, or with bytes that may be no UTF-8.
func (r *reader) escaped() ([]byte, error) {
	for i := 1; i < len(r.rest); i++ {
		switch r.rest[i] {
		case '\\':
			i++
		case '"':
			var text string
			err := json.Unmarshal(r.rest[:i+1], &text)
			r.rest = r.rest[i+1:]
			return []byte(text), err
		}
	}
	return nil, errEnds
}

// bare reads up to what ends a number or a word.
func (r *reader) bare() []byte {
	end := bytes.IndexAny(r.rest, ",]} \t\r\n")
	if end < 0 {
		end = len(r.rest)
	}
	word := r.rest[:end]
	r.rest = r.rest[end:]
	return word
}

func (r *reader) number() (any, error) {
	word := r.bare()
	if len(word) == 0 {
		return nil, errEnds
	}
	if i, err := strconv.ParseInt(string(word), 10, 64); err == nil {
		return i, nil
	}
	number, err := gateway.Canonical(json.Number(word))
	return number, r.placed(err)
}

// placed gives an error of Canonical its place.
func (r *reader) placed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s%w", r.at, err)
}
