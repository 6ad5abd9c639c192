package browsertest

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// complaints are what a browser has complained about, and the requests that would have left the machine. The zero value holds none.
type complaints struct {
	mu  sync.Mutex
	all []string
}

// hear is told every event of the tab.
func (c *complaints) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		c.add("exception: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.URL)
	case *runtime.EventConsoleAPICalled:
		c.add("console.%s", e.Type)
	case *log.EventEntryAdded:
		c.add("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *network.EventRequestWillBeSent:
		if !local(e.Request.URL) {
			c.add("asked for %s", e.Request.URL)
		}
	}
}

func (c *complaints) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, fmt.Sprintf(format, args...))
}

// local reports whether a request stays on this machine.
func local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback() || u.Scheme == "about" || u.Scheme == "data"
}

// Clean fails the test for every error, warning and console line of the pages so far, and for every request that left the machine. Those
// that hold one of the expected texts pass.
func (b *Browser) Clean(expected ...string) {
	b.t.Helper()
	b.complaints.mu.Lock()
	defer b.complaints.mu.Unlock()
	for _, complaint := range b.complaints.all {
		if !slices.ContainsFunc(expected, func(text string) bool { return strings.Contains(complaint, text) }) {
			b.t.Errorf("the browser complains: %s", complaint)
		}
	}
}

// Nameless returns what can have the focus on the page, and has no name that could be read out.
func (b *Browser) Nameless() []string {
	b.t.Helper()
	var found []string
	for _, node := range call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		role, name := node.Role.Value.String(), ""
		if node.Name != nil {
			name = node.Name.Value.String()
		}
		if (name == "" || name == `""`) && slices.Contains([]string{`"link"`, `"button"`, `"textbox"`, `"searchbox"`, `"combobox"`, `"heading"`, `"progressbar"`}, role) {
			found = append(found, role)
		}
	}
	return found
}
