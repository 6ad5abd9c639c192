package plan

import (
	"net/netip"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// terms are what a request must be like besides its host, path and method. The zero value lets every request through.
type terms struct {
	vars  []string // each must hold
	addrs []string // one of them must hold the client's address; none: any address
	code  string   // the filter_func
}

func termsOf(r gateway.Resource) terms {
	t := terms{addrs: texts(r.Spec, "remote_addr", "remote_addrs")}
	if vars, ok := r.Spec["vars"].([]any); ok && len(vars) > 0 {
		t.vars = conditions(vars)
	}
	t.code, _ = r.Spec["filter_func"].(string)
	return t
}

// conditions takes a list of vars apart. One that begins with an operator, as OR, is a single condition.
func conditions(vars []any) []string {
	if _, operator := vars[0].(string); operator {
		return []string{string(gateway.AppendCanonical(nil, vars))}
	}
	list := make([]string, len(vars))
	for i, item := range vars {
		list[i] = string(gateway.AppendCanonical(nil, item))
	}
	return list
}

// count says how many things are asked of a request.
func (t terms) count() int {
	n := len(t.vars)
	if len(t.addrs) > 0 {
		n++
	}
	if t.code != "" {
		n++
	}
	return n
}

// admits reports whether every request that keeps the terms n keeps t as well. What can't be told counts as no.
func (t terms) admits(n terms) bool {
	if t.code != "" && t.code != n.code || len(t.addrs) > 0 && len(n.addrs) == 0 {
		return false
	}
	for _, condition := range t.vars {
		if !slices.Contains(n.vars, condition) {
			return false
		}
	}
	for _, addr := range n.addrs {
		if len(t.addrs) > 0 && !slices.ContainsFunc(t.addrs, func(wide string) bool { return takesAddress(wide, addr) }) {
			return false
		}
	}
	return true
}

// takesAddress reports whether the address or range wide holds narrow.
func takesAddress(wide, narrow string) bool {
	a, aOK := rangeOf(wide)
	b, bOK := rangeOf(narrow)
	return wide == narrow || aOK && bOK && a.Bits() <= b.Bits() && a.Contains(b.Addr())
}

func rangeOf(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix, err == nil
}
