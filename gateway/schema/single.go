package schema

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/gateway"
)

func (w *walker) list(r *rule, list []any) {
	w.size(r.minItems, r.maxItems, len(list), "item")
	for i, item := range list {
		if i < len(r.tuple) {
			w.inside(gateway.Item(i), r.tuple[i], item)
		} else {
			w.inside(gateway.Item(i), r.items, item)
		}
		if w.done() {
			return
		}
	}
	if r.contains != nil && !w.anyTaken(r.contains, list) {
		w.fault("add it", "missing-field", "lacks an item that it must hold")
	}
	if r.unique {
		w.once(list)
	}
}

func (w *walker) anyTaken(r *rule, list []any) bool {
	w.trace.compares(w.at)
	for _, item := range list {
		if w.takes(r, item) {
			return true
		}
	}
	return false
}

// once refuses an item that stands twice.
func (w *walker) once(list []any) {
	w.trace.compares(w.at)
	seen := make(map[string]int, len(list))
	for i, item := range list {
		key := string(gateway.AppendCanonical(nil, item))
		first, twice := seen[key]
		if !twice {
			seen[key] = i
			continue
		}
		w.at = append(w.at, gateway.Item(i))
		w.fault("keep one of them", "wrong-value", "is the same as item %d", first)
		w.at = w.at[:len(w.at)-1]
	}
}

// size checks how many items or fields there are.
func (w *walker) size(least, most limit, n int, noun string) {
	switch {
	case least.set && float64(n) < least.n:
		w.fault("add what is missing", "wrong-value", "must have at least %s", counted(least.n, noun))
	case most.set && float64(n) > most.n:
		w.fault("remove what is too much", "wrong-value", "must have at most %s", counted(most.n, noun))
	}
}

func (w *walker) text(r *rule, text string) {
	if r.minLength.set || r.maxLength.set {
		w.length(r, float64(utf8.RuneCountInString(text)))
	}
	if r.pattern != nil && !r.pattern.MatchString(text) {
		what, hint := patternWords(r.pattern.String())
		w.fault(hint, "wrong-value", "%s", what)
	}
	if r.format != "" && !hasFormat(r.format, text) {
		what, hint := formatWords(r.format)
		w.fault(hint, "wrong-value", "%s", what)
	}
}

func (w *walker) length(r *rule, n float64) {
	switch {
	case n == 0 && r.minLength.set && r.minLength.n > 0:
		w.fault("write something, or remove it", "wrong-value", "must not be empty")
	case r.minLength.set && n < r.minLength.n:
		w.fault("make it longer", "wrong-value", "must be at least %s", counted(r.minLength.n, "character"))
	case r.maxLength.set && n > r.maxLength.n:
		w.fault("make it shorter", "wrong-value", "must be at most %s", counted(r.maxLength.n, "character"))
	}
}

// hasFormat knows the formats that the gateway looks at, and takes all others.
func hasFormat(format, text string) bool {
	if format != "ipv4" && format != "ipv6" {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return err == nil && address.Is4() == (format == "ipv4")
}

func (w *walker) number(r *rule, n float64) {
	const hint = "write another number"
	switch {
	case r.minimum.set && n < r.minimum.n:
		w.fault(hint, "wrong-value", "must be at least %s", plainNumber(r.minimum.n))
	case r.above.set && n <= r.above.n:
		w.fault(hint, "wrong-value", "must be more than %s", plainNumber(r.above.n))
	case r.maximum.set && n > r.maximum.n:
		w.fault(hint, "wrong-value", "must be at most %s", plainNumber(r.maximum.n))
	case r.below.set && n >= r.below.n:
		w.fault(hint, "wrong-value", "must be less than %s", plainNumber(r.below.n))
	}
}

func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
