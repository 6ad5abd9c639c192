package policy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// longest is the number of runes that one value may take in a message.
const longest = 300

// show writes a value for people: texts as they are, lists with commas, secrets as ***.
func show(v ref.Val) string {
	var b strings.Builder
	write(&b, v)
	if runes := []rune(b.String()); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return b.String()
}

func write(b *strings.Builder, v ref.Val) {
	switch v := v.(type) {
	case types.String:
		b.WriteString(string(v))
	case types.Bool, types.Int, types.Uint, types.Double, types.Timestamp, types.Duration, types.Null:
		fmt.Fprint(b, v.Value())
	case *types.Optional:
		if v.HasValue() {
			write(b, v.GetValue())
		}
	case traits.Lister:
		writeAll(b, v.Iterator(), func(item ref.Val) { write(b, item) })
	case traits.Mapper:
		writeAll(b, v.Iterator(), func(key ref.Val) {
			write(b, key)
			b.WriteString(": ")
			write(b, v.Get(key))
		})
	case secret:
		b.WriteString(masked)
	default:
		b.WriteString("a value of type " + v.Type().TypeName())
	}
}

// writeAll stops early: what is longer is cut anyhow.
func writeAll(b *strings.Builder, items traits.Iterator, one func(ref.Val)) {
	for n := 0; items.HasNext() == types.True && b.Len() < 4*longest; n++ {
		if n > 0 {
			b.WriteString(", ")
		}
		one(items.Next())
	}
}
