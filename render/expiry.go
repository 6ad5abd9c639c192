package render

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// soon is how many seconds before its end a certificate is warned about: 30 days.
const soon = 30 * 24 * 60 * 60

// Expiring returns what the clock says against the certificates of a rendered state: one that has expired or is not valid yet is
// a fault, one that expires within 30 days is a warning. Now is in seconds since 1970. Rendering itself has no clock, so this
// is never cached.
func Expiring(state gateway.State, now int64) diag.List {
	var faults diag.List
	for _, key := range state.Keys() {
		r := state[key]
		for _, p := range pairs(r) {
			if fault, found := expiry(r, p, now); found {
				faults.Add(mildIfOff(r, fault))
			}
		}
	}
	return faults.Sorted()
}

// expiry looks at a whole chain: it is good for as long as each of its certificates.
func expiry(r gateway.Resource, p pair, now int64) (diag.Diagnostic, bool) {
	const day = "2006-01-02"
	chain, _, err := chainOf(p.cert)
	if err != nil || len(chain) == 0 {
		return diag.Diagnostic{}, false // Render has said so
	}
	from, until := chain[0].NotBefore, chain[0].NotAfter
	for _, certificate := range chain[1:] {
		if certificate.NotAfter.Before(until) {
			until = certificate.NotAfter
		}
	}
	place := r.Origin.Place(p.certAt)
	switch {
	case now > until.Unix():
		return diag.Errorf(place, "expired-certificate", "%s of %s expired on %s", p.certAt, r.Key, until.UTC().Format(day)).
			WithHint("put a new certificate here"), true
	case now < from.Unix():
		return diag.Errorf(place, "expired-certificate", "%s of %s is valid only from %s on", p.certAt, r.Key, from.UTC().Format(day)).
			WithHint("wait, or take another certificate; is the clock right?"), true
	case now+soon > until.Unix():
		return diag.Warningf(place, "expiring-certificate", "%s of %s expires on %s", p.certAt, r.Key, until.UTC().Format(day)).
			WithHint("renew it in time"), true
	}
	return diag.Diagnostic{}, false
}

// EarliestEnd returns when the first certificate of a rendered state ends, in seconds since 1970, and false where none of it can be read.
func EarliestEnd(state gateway.State) (until int64, found bool) {
	for _, r := range state {
		for _, p := range pairs(r) {
			chain, _, err := chainOf(p.cert)
			if err != nil {
				continue
			}
			for _, certificate := range chain {
				if end := certificate.NotAfter.Unix(); !found || end < until {
					until, found = end, true
				}
			}
		}
	}
	return until, found
}
