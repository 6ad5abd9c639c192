package environments

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

func (v *Verify) check(at place) {
	if v.Timeout > 0 && v.Timeout <= v.Soak {
		at.key("timeout").wrong("the timeout counts from the beginning; leave it out for 15m over the soak",
			"the timeout of %s is over before the soak of %s", v.Timeout, v.Soak)
	}
	at.key("timeout").positive("15m over the soak")
	names := named{what: "probe"}
	for i, probe := range v.Probes {
		at := at.key("probes").item(i)
		names.check(at.key("name"), probe.Name)
		probe.check(at)
	}
	checkMetrics(at.key("metrics"), v.Metrics)
}

// named finds names that stand twice in one list.
type named struct {
	what string
	seen map[string]place
}

func (n *named) check(at place, name string) {
	if n.seen == nil {
		n.seen = map[string]place{}
	}
	if first, twice := n.seen[name]; twice && name != "" {
		at.faults.Add(diag.Errorf(at.pos, "wrong-value", "there are two of the %s %q", n.what, name).
			WithHint("give each its own").WithAlso(first.pos, "first named at"))
		return
	}
	n.seen[name] = at
}

// hasVariable reports whether a text is not whole before the variables are filled in.
func hasVariable(text string) bool { return strings.Contains(text, "${") }

var (
	methodWord = regexp.MustCompile(`^[A-Z]+$`)
	headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
)

func (p Probe) check(at place) {
	at.needs("name", "a probe", "write a name for status texts, as name: users")
	at.needs("url", "a probe", `write what is asked for, as url: "https://${vars.domain}/health"`)
	checkProbeURL(at.key("url"), p.URL)
	if p.Method != "" && !hasVariable(p.Method) && !methodWord.MatchString(p.Method) {
		at.key("method").wrong("write GET, HEAD, POST … in capitals", "%q is no method", p.Method)
	}
	for name := range p.Headers {
		if !headerName.MatchString(name) {
			at.key("headers").key(name).wrong("write letters, digits and hyphens", "%q is no name of a header", name)
		}
	}
	at.key("within").positive("5s")
	at.key("every").positive("1s")
	if p.Times < 0 || p.Times > 1000 {
		at.key("times").wrong("write 1 to 1000", "times can't be %d", p.Times)
	}
	p.Expect.check(at.key("expect"))
}

func checkProbeURL(at place, text string) {
	if text == "" || strings.HasPrefix(text, "${") {
		return
	}
	scheme, rest, _ := strings.Cut(text, "://")
	if (scheme != "http" && scheme != "https") || rest == "" {
		at.wrong("write http://HOST/PATH or https://HOST/PATH", "the address of a probe is no http address")
		return
	}
	if hasVariable(text) {
		return
	}
	switch u, err := url.Parse(text); {
	case err != nil || u.Host == "":
		at.wrong("write http://HOST/PATH or https://HOST/PATH", "the address of a probe can't be read")
	case u.User != nil:
		at.wrong("send it as a header: {authorization: \"Bearer ${secret(name)}\"}", "the address of a probe holds a user or a password")
	}
}

func (e Expect) check(at place) {
	checkStatus(at.key("status"), e.Status)
	checkRegexp(at.key("body"), e.Body)
	for i, value := range e.JSON {
		at := at.key("json").item(i)
		at.needs("path", "a value of a JSON answer", "write where it stands, as path: status.checks[0].name")
		if _, err := gateway.ParsePath(value.Path); err != nil && !hasVariable(value.Path) {
			at.key("path").wrong("write it as status.checks[0].name", "%v", err)
		}
		if value.Equals == nil && value.Matches == "" {
			at.needs("equals", "a value of a JSON answer", "write equals: ok, or matches with a regular expression")
		}
		checkRegexp(at.key("matches"), value.Matches)
	}
}

func checkStatus(at place, n *strictyaml.Node) {
	switch {
	case n == nil || n.IsNull():
	case n.Kind == strictyaml.List:
		for i, item := range n.Items {
			at.item(i).status(item)
		}
		if len(n.Items) == 0 {
			at.wrong("write the statuses, or leave it out for 200 to 299", "no status fits an empty list")
		}
	default:
		at.status(n)
	}
}

func (p place) status(n *strictyaml.Node) {
	if status, ok := n.Value.(int64); !ok || status < 100 || status > 599 {
		p.wrong("write a number, as 200, or a list of such", "%q is no HTTP status", n.Text)
	}
}

func checkRegexp(at place, text string) {
	if hasVariable(text) {
		return
	}
	if _, err := regexp.Compile(text); err != nil {
		at.wrong("write it as Go and RE2 do: no look-around, no back references", "%v", err)
	}
}

func checkMetrics(at place, metrics []Metric) {
	names := named{what: "metric"}
	for i, metric := range metrics {
		at := at.item(i)
		names.check(at.key("name"), metric.Name)
		at.needs("name", "a metric", "write a name for status texts, as name: 5xx")
		at.needs("query", "a metric", "write a query of Prometheus")
		if at.key("min").node == nil {
			at.needs("max", "a metric", "write the bound: max, min, or both")
		}
		if metric.Min != nil && metric.Max != nil && *metric.Min > *metric.Max {
			at.key("max").wrong("write a max that is no less than min", "no value is at least %v and at most %v", *metric.Min, *metric.Max)
		}
		at.key("every").positive("15s")
		at.key("noData").word(metric.NoData, "fail", "pass")
	}
}
