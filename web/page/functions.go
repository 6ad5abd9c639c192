package page

import (
	"html/template"
	"net/url"

	"github.com/sluice-gitops/sluice/insight"
)

// functions are what templates can call.
func (h *Handler) functions() template.FuncMap {
	return template.FuncMap{
		"asset": func(name string) string { return h.assets.addresses[name] },
		"text":  text, "whole": whole, "value": value, "cut": cut, "plain": plain, "firstLine": firstLine, "name": name,
		"count": count, "grouped": grouped, "named": named, "tally": tally, "tallied": tallied, "listed": listed, "minus": func(a, b int) int { return a - b },
		"ago": h.ago, "awaited": h.awaited, "at": at, "took": took, "waits": h.waits,
		"look": lookOf, "environmentLook": environmentLook, "environmentDetail": environmentDetail, "groupLook": groupLook, "checkLook": checkLook, "moment": momentLook, "op": operationOf, "remark": remark, "unsaid": unsaid, "unallowed": unallowed,
		"environmentURL": environmentURL, "turnURL": turnURL, "groupURL": groupURL, "resourceURL": resourceURL, "skewURL": skewURL, "actURL": actURL,
		"asked": asked, "safe": safeLink, "short": short, "same": sameCommit,
		"dict": dict, "segments": segments,
	}
}

// safeLink lets nothing but web addresses become a link.
func safeLink(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return address
}

// short is the beginning of a hash.
func short(hash string) string { return hash[:min(7, len(hash))] }

func sameCommit(a, b insight.Commit) bool { return a.Hash == b.Hash }

// dict hands several values to a template by name.
func dict(pairs ...any) map[string]any {
	values := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if key, ok := pairs[i].(string); ok {
			values[key] = pairs[i+1]
		}
	}
	return values
}

// segment is a part of a bar.
type segment struct {
	Tone     tone
	X, Width float64 // of a hundred
}

// segments are the gateway groups of an environment as a bar: those at the target, those in trouble, those behind.
func segments(c insight.Counts) []segment {
	if c.Groups == 0 {
		return nil
	}
	var all []segment
	x := 0.0
	rest := c.Groups
	for _, part := range []struct {
		tone tone
		n    int
	}{{bad, c.Failing}, {warn, c.Drifting}, {good, c.Current}, {idle, c.Groups}} {
		n := min(part.n, rest)
		rest -= n
		if n == 0 {
			continue
		}
		width := 100 * float64(n) / float64(c.Groups)
		all = append(all, segment{part.tone, x, width})
		x += width
	}
	return all
}
