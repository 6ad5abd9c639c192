package page_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// document is a page as a browser reads it.
type document struct {
	t     *testing.T
	where string
	root  *html.Node
}

func parse(t *testing.T, where string, body io.Reader) document {
	t.Helper()
	root, err := html.Parse(body)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	return document{t, where, root}
}

func (d document) each(visit func(n *html.Node)) {
	for n := range d.root.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func (d document) fault(format string, args ...any) {
	d.t.Helper()
	d.t.Errorf(d.where+": "+format, args...)
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// inner is the text of an element, as it is read out: with the labels of what has no text.
func inner(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// sound checks what holds of every page.
func (d document) sound() {
	d.t.Helper()
	d.ids()
	d.headings()
	d.landmarks()
	d.each(d.nothingInline)
	d.each(d.named)
	d.each(d.leadsSomewhere)
}

// part is the element that a script takes out of a page for another one.
func (d document) part() (found *html.Node) {
	d.each(func(n *html.Node) {
		if slices.Contains(strings.Fields(attr(n, "class")), "part") {
			found = n
		}
	})
	return found
}

// ids are used once, and what refers to one finds it.
func (d document) ids() {
	ids := map[string]bool{}
	d.each(func(n *html.Node) {
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				d.fault("id %q is used twice", id)
			}
			ids[id] = true
		}
	})
	d.each(func(n *html.Node) {
		for _, name := range []string{"aria-labelledby", "list", "for", "data-into"} {
			if id := attr(n, name); id != "" && !ids[id] {
				d.fault("<%s %s=%q> refers to nothing", n.Data, name, id)
			}
		}
		if at, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && n.DataAtom != 0 && !ids[at] {
			d.fault("#%s leads nowhere", at)
		}
		if at, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && n.Data == "use" && !ids[at] {
			d.fault("there is no symbol %s", at)
		}
	})
}

// headings begin with one h1, and leave out no level.
func (d document) headings() {
	last, first := 0, 0
	d.each(func(n *html.Node) {
		if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			return
		}
		level := int(n.Data[1] - '0')
		if level == 1 {
			first++
		}
		if level > last+1 {
			d.fault("heading %q jumps from level %d to %d", inner(n), last, level)
		}
		if inner(n) == "" {
			d.fault("a heading without a text")
		}
		last = level
	})
	if first != 1 {
		d.fault("%d headings of level 1", first)
	}
}

func (d document) landmarks() {
	seen := map[atom.Atom]int{}
	d.each(func(n *html.Node) { seen[n.DataAtom]++ })
	for _, one := range []atom.Atom{atom.Main, atom.Header, atom.Footer, atom.Title} {
		if seen[one] != 1 {
			d.fault("%d elements %s", seen[one], one)
		}
	}
}

// nothingInline holds what the content security policy would stop.
func (d document) nothingInline(n *html.Node) {
	if n.DataAtom == atom.Style || n.DataAtom == atom.Script && attr(n, "src") == "" {
		d.fault("an inline <%s>: %.80s", n.Data, inner(n))
	}
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") {
			d.fault("<%s %s=%.80q>", n.Data, a.Key, a.Val)
		}
	}
}

// named is everything that can be used or looked at.
func (d document) named(n *html.Node) {
	switch n.DataAtom {
	case atom.Img:
		if !has(n, "alt") {
			d.fault("an image without alt")
		}
	case atom.A, atom.Button, atom.Summary:
		if inner(n) == "" && attr(n, "aria-label") == "" && !hasImage(n) {
			d.fault("a <%s> without a name: %v", n.Data, n.Attr)
		}
	case atom.Input, atom.Select:
		if attr(n, "type") != "hidden" && !has(n, "hidden") && !labelled(n) {
			d.fault("<%s name=%q> has no label", n.Data, attr(n, "name"))
		}
	case atom.Th:
		if attr(n, "scope") == "" {
			d.fault("<th>%s</th> has no scope", inner(n))
		}
	case atom.Section, atom.Article, atom.Nav:
		if attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" && !hasHeading(n) {
			d.fault("a <%s> without a name: %v", n.Data, n.Attr)
		}
	case atom.Progress:
		if attr(n, "aria-label") == "" {
			d.fault("progress of what?")
		}
	case atom.Svg:
		if attr(n, "aria-hidden") != "true" {
			d.fault("an image that is read out as nothing")
		}
	}
}

func hasImage(n *html.Node) bool {
	for c := range n.Descendants() {
		if c.DataAtom == atom.Img {
			return true
		}
	}
	return false
}

func hasHeading(n *html.Node) bool {
	for c := range n.Descendants() {
		switch c.DataAtom {
		case atom.H1, atom.H2, atom.H3:
			return true
		}
	}
	return false
}

func labelled(n *html.Node) bool {
	for p := range n.Ancestors() {
		if p.DataAtom == atom.Label && inner(p) != "" {
			return true
		}
	}
	return false
}

// leadsSomewhere holds addresses: of this site, or of the web; and what a script would do can be done without one.
func (d document) leadsSomewhere(n *html.Node) {
	for _, name := range []string{"href", "src", "action", "hx-get"} {
		to := attr(n, name)
		local := strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") || strings.HasPrefix(to, "#")
		if to != "" && !local && (name != "href" || !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "http://")) {
			d.fault("<%s %s=%.80q>", n.Data, name, to)
		}
	}
	if n.DataAtom == atom.A && attr(n, "href") == "" {
		d.fault("a link without an address: %q", inner(n))
	}
	if n.DataAtom == atom.Form && (attr(n, "action") == "" || !canBeSent(n)) {
		d.fault("a form that only a script can send: %v", n.Attr)
	}
	if has(n, "hx-get") && !leadsTo(n, attr(n, "hx-get")) {
		d.fault("%s is shown by a script alone", attr(n, "hx-get"))
	}
}

func canBeSent(form *html.Node) bool {
	for c := range form.Descendants() {
		if c.DataAtom == atom.Button && attr(c, "type") == "submit" {
			return true
		}
	}
	return false
}

func leadsTo(n *html.Node, address string) bool {
	for c := range n.Descendants() {
		if c.DataAtom == atom.A && attr(c, "href") == address {
			return true
		}
	}
	return false
}
