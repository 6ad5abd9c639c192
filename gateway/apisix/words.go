package apisix

import (
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// words reads JSON objects straight into canonical values, and keeps one copy of each name and of each short text, since the
// resources of a list are made of the same few. It is not safe for use by several goroutines at once.
type words struct {
	names map[string]string
	texts map[string]any // strings, boxed once
	path  gateway.Path   // room for the path of a reader
}

func newWords() *words { return &words{names: map[string]string{}, texts: map[string]any{}} }

const (
	shortText = 24      // bytes; longer texts are rarely the same
	mostWords = 1 << 14 // beyond, a list has so many different ones that to keep them costs more than it saves
)

// object reads text, which must be one valid JSON object and nothing else.
func (w *words) object(text []byte) (map[string]any, error) {
	r := reader{words: w, rest: text, at: w.path[:0]}
	if r.peek() != '{' {
		return nil, fmt.Errorf("%.20q is no object", text)
	}
	fields, err := r.object()
	w.path = r.at
	return fields, err
}

func (w *words) name(text []byte) string {
	if name, ok := w.names[string(text)]; ok {
		return name
	}
	name := string(text)
	if len(w.names) < mostWords {
		w.names[name] = name
	}
	return name
}

func (w *words) text(text []byte) any {
	if len(text) > shortText {
		return string(text)
	}
	if boxed, ok := w.texts[string(text)]; ok {
		return boxed
	}
	var boxed any = string(text)
	if len(w.texts) < mostWords {
		w.texts[string(text)] = boxed
	}
	return boxed
}
