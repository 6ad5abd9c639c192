package verify

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// probe makes the checks of a probe: one for the wave, or one for each group.
func (p *preparation) probe(from environments.Probe) []*check {
	all, ok := p.wordings(probeTexts(from), from.Pos)
	if !ok {
		return nil
	}
	var checks []*check
	for _, w := range all {
		made := p.compile(from, w)
		checks = append(checks, made.check(from.Name, w.group, from.Every, from.Times))
	}
	return checks
}

// probeTexts returns the texts of a probe that may hold variables, by what they are called in faults.
func probeTexts(from environments.Probe) map[string]string {
	texts := map[string]string{"url": from.URL, "method": from.Method, "body": from.Body, "expect.body": from.Expect.Body}
	for name, value := range from.Headers {
		texts["header "+name] = value
	}
	for i, value := range from.Expect.JSON {
		texts[jsonKey(i, "path")], texts[jsonKey(i, "matches")] = value.Path, value.Matches
		if text, isText := variable(value.Equals); isText {
			texts[jsonKey(i, "equals")] = text
		}
	}
	return texts
}

func jsonKey(i int, key string) string { return "expect.json[" + strconv.Itoa(i) + "]." + key }

// variable returns the text of a value that holds variables.
func variable(n *strictyaml.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	text, isText := n.Value.(string)
	return text, isText && strings.Contains(text, "${")
}

// compile makes the probe of one wording. What is wrong with it is among the faults.
func (p *preparation) compile(from environments.Probe, w wording) *probe {
	made := &probe{
		transport: p.config.Transport, method: p.plain(w, "method", p.of(from), from.Pos), body: p.secretly(w, "body", p.of(from), from.Pos),
		headers: map[string]gateway.Secret{}, within: cmp.Or(from.Within, probeWithin), address: p.address(from, w),
	}
	made.method = cmp.Or(made.method, http.MethodGet)
	if !token.MatchString(made.method) {
		p.fault(from.Pos, "wrong-value", "write a method as GET or POST", "%s: %q is no method", p.of(from), line(made.method))
	}
	for name := range from.Headers {
		made.headers[name] = p.secretly(w, "header "+name, p.of(from), from.Pos)
	}
	made.want = expectation{status: statuses(from.Expect.Status), body: p.pattern(from, w, "expect.body")}
	for i, value := range from.Expect.JSON {
		made.want.json = append(made.want.json, p.value(from, w, i, value))
	}
	return made
}

// token is what a method is made of.
var token = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (p *preparation) of(from environments.Probe) string { return "probe " + from.Name }

// address reads the address, and asks whether probes may go there.
func (p *preparation) address(from environments.Probe, w wording) *url.URL {
	text := p.plain(w, "url", p.of(from), from.Pos)
	if _, isText := w.texts["url"].(string); !isText {
		return nil
	}
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Hostname() == "" || address.Scheme != "http" && address.Scheme != "https":
		p.fault(from.Pos, "bad-url", "write url: https://HOST/PATH", "%s: its url is no address", p.of(from))
		return nil
	case address.User != nil:
		p.fault(from.Pos, "plain-secret", "write headers: {Authorization: \"Basic ${secret(NAME)}\"}",
			"%s: its url must not hold a user or a password", p.of(from))
		return nil
	}
	address.Fragment, address.RawFragment = "", ""
	if !p.offline && (p.config.Probes == nil || !p.config.Probes.Allows(address)) {
		site := address.Scheme + "://" + address.Host
		p.fault(from.Pos, "probe-not-allowed", fmt.Sprintf("who runs the daemon can add it there: allow: {probes: [%q]}", site),
			"%s: the daemon's file does not let probes go to %s", p.of(from), line(site+address.EscapedPath()))
	}
	return address
}

// pattern reads a regular expression; an empty one matches everything.
func (p *preparation) pattern(from environments.Probe, w wording, name string) pattern {
	text := p.plain(w, name, p.of(from), from.Pos)
	if text == "" {
		return pattern{}
	}
	made, err := regexp.Compile(text)
	if err != nil {
		p.fault(from.Pos, "wrong-value", "write it as Go does: https://pkg.go.dev/regexp/syntax", "%s: %s is no regular expression", p.of(from), name)
	}
	return pattern{made}
}

// value reads what must stand at a place of the answer.
func (p *preparation) value(from environments.Probe, w wording, i int, value environments.JSONValue) wantedValue {
	made := wantedValue{equals: value.Equals, matches: p.pattern(from, w, jsonKey(i, "matches"))}
	path, err := gateway.ParsePath(p.plain(w, jsonKey(i, "path"), p.of(from), value.Pos))
	if err != nil {
		p.fault(value.Pos, "wrong-value", `write it as status.checks[0].name; a key with dots as labels["a.b"]`, "%s: %v", p.of(from), err)
	}
	made.path = path
	if value.Equals != nil && value.Equals.Sealed != "" {
		p.fault(value.Pos, "secret-in-probe", "write it in clear", "%s: equals can't be encrypted", p.of(from))
	}
	if _, isText := variable(value.Equals); isText {
		text := p.plain(w, jsonKey(i, "equals"), p.of(from), value.Pos)
		made.words = &text
	}
	return made
}

// statuses reads the status that is wanted, one or a list, which were checked with the environment.
func statuses(n *strictyaml.Node) []int64 {
	if n == nil {
		return nil
	}
	var all []int64
	for _, item := range append([]*strictyaml.Node{n}, n.Items...) {
		if status, isNumber := item.Value.(int64); isNumber {
			all = append(all, status)
		}
	}
	return all
}
