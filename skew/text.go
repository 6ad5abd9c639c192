package skew

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/sluice-gitops/sluice/gateway"
)

// Paint colours a piece of text for a terminal; the identity where there is none.
type Paint func(op Op, text string) string

// Text writes differences for people: a head with the counts, then what differs, from what to what, and where each was written.
func Text(w io.Writer, first, second string, all []Difference, paint Paint) {
	fmt.Fprintf(w, "%s → %s: %s\n", first, second, Summary(first, second, all))
	for _, d := range all {
		sign := map[Op]string{OnlySecond: "+", OnlyFirst: "-", Differs: "~"}[d.Op]
		fmt.Fprintf(w, "\n%s%s\n", paint(d.Op, "  "+sign+" "+d.Key.String()), d.where(first, second))
		d.rows(w)
	}
}

// Summary counts resources: "1 only in uat, 0 only in prod, 2 differ", or "no differences".
func Summary(first, second string, all []Difference) string {
	if len(all) == 0 {
		return "no differences"
	}
	seen := map[Op]map[gateway.Key]bool{OnlySecond: {}, OnlyFirst: {}, Differs: {}}
	for _, d := range all {
		seen[d.Op][d.Key] = true
	}
	return fmt.Sprintf("%d only in %s, %d only in %s, %d differ", len(seen[OnlySecond]), second, len(seen[OnlyFirst]), first, len(seen[Differs]))
}

// where names the groups when it is not all of them.
func (d Difference) where(first, second string) string {
	var parts []string
	if len(d.FirstGroups) > 0 {
		parts = append(parts, first+": "+strings.Join(d.FirstGroups, ", "))
	}
	if len(d.SecondGroups) > 0 {
		parts = append(parts, second+": "+strings.Join(d.SecondGroups, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  (" + strings.Join(parts, "; ") + ")"
}

func (d Difference) rows(w io.Writer) {
	var rows strings.Builder
	table := tabwriter.NewWriter(&rows, 0, 0, 2, ' ', 0)
	for _, f := range d.Fields {
		fmt.Fprintf(table, "      %s\t%s\t%s\n", f.Path, f.change(d.Op), f.from())
	}
	table.Flush()
	for row := range strings.Lines(rows.String()) {
		fmt.Fprintln(w, strings.TrimRight(row, " \n"))
	}
}

func (f Field) change(op Op) string {
	switch op {
	case OnlyFirst:
		return short(f.First)
	case OnlySecond:
		return short(f.Second)
	}
	return shown(f.First) + " → " + shown(f.Second)
}

func (f Field) from() string {
	text := f.FirstFrom.String()
	if second := f.SecondFrom.String(); second != text {
		text = strings.TrimPrefix(text+" → "+second, " → ")
	}
	text = strings.TrimSuffix(text, " → ")
	if f.Meant {
		text += "  (meant)"
	}
	return text
}

func shown(v any) string {
	if v == nil {
		return "(nothing)"
	}
	return short(v)
}

// widest keeps a line readable when a value is a whole certificate.
const widest = 72

func short(v any) string {
	text := []rune(gateway.Show(v))
	if len(text) > widest {
		return string(text[:widest-1]) + "…"
	}
	return string(text)
}
