package render

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// pair is a certificate and its private key, and their places in a resource.
type pair struct {
	cert, key     any
	certAt, keyAt gateway.Path
}

// pairs returns the certificates of a resource: of an ssl, and those that upstreams show.
func pairs(r gateway.Resource) []pair {
	if r.Key.Kind == gateway.SSLs {
		return sslPairs(r.Spec)
	}
	var found []pair
	for _, upstream := range upstreams(r) {
		shown, _ := upstream.body["tls"].(map[string]any)
		if cert, ok := shown["client_cert"]; ok {
			at := upstream.at.With(gateway.Field("tls"))
			found = append(found, pair{cert, shown["client_key"], at.With(gateway.Field("client_cert")), at.With(gateway.Field("client_key"))})
		}
	}
	return found
}

func sslPairs(spec map[string]any) []pair {
	var found []pair
	if cert, ok := spec["cert"]; ok {
		found = append(found, pair{cert, spec["key"], gateway.Path{gateway.Field("cert")}, gateway.Path{gateway.Field("key")}})
	}
	certs, _ := spec["certs"].([]any)
	keys, _ := spec["keys"].([]any)
	for i, cert := range certs {
		one := pair{cert: cert, certAt: gateway.Path{gateway.Field("certs"), gateway.Item(i)}, keyAt: gateway.Path{gateway.Field("keys"), gateway.Item(i)}}
		if i < len(keys) {
			one.key = keys[i]
		}
		found = append(found, one)
	}
	return found
}

// certificateFaults refuses certificates that no client would accept.
func certificateFaults(r gateway.Resource) diag.List {
	var faults diag.List
	var leaves []*x509.Certificate
	found := pairs(r)
	whole := true // whether every certificate can be looked at
	for _, p := range found {
		chain, readable, err := chainOf(p.cert)
		whole = whole && readable && err == nil
		switch {
		case !readable:
		case err != nil:
			faults.Add(diag.Errorf(r.Origin.Place(p.certAt), "bad-certificate", "%s of %s can't be read: %v", p.certAt, r.Key, err).
				WithHint("put the certificate here, in PEM, its own first and then the chain"))
		default:
			leaves = append(leaves, chain[0])
			faults.Add(keyFaults(r, p)...)
		}
	}
	if r.Key.Kind == gateway.SSLs {
		faults.Add(unevenFaults(r)...)
		faults.Add(authorityFaults(r)...)
		if whole && len(leaves) > 0 && r.Spec["type"] != "client" {
			faults.Add(uncovered(r, leaves)...)
		}
	}
	return faults
}

// keyFaults compares a readable certificate with its key. What crypto/tls says is not repeated: it speaks of the key.
func keyFaults(r gateway.Resource, p pair) diag.List {
	key, readable := known(p.key)
	if !readable {
		return nil
	}
	cert, _ := known(p.cert)
	_, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err == nil || strings.Contains(err.Error(), "unknown public key algorithm") {
		return nil
	}
	what := "can't be read: it is no private key in PEM"
	if strings.Contains(err.Error(), "does not match") {
		what = "is not the key of its certificate"
	}
	return diag.List{diag.Errorf(r.Origin.Place(p.keyAt), "wrong-key", "%s of %s %s", p.keyAt, r.Key, what).
		WithHint("give the private key that the certificate was made for").
		WithAlso(r.Origin.Place(p.certAt), "the certificate is at")}
}

// unevenFaults refuses further certificates without as many keys.
func unevenFaults(r gateway.Resource) diag.List {
	certs, _ := r.Spec["certs"].([]any)
	keys, _ := r.Spec["keys"].([]any)
	if len(certs) == len(keys) {
		return nil
	}
	return diag.List{diag.Errorf(r.Origin.Place(gateway.Path{gateway.Field("certs")}), "bad-certificate",
		"%s has %d certs and %d keys", r.Key, len(certs), len(keys)).WithHint("give each certificate its key, in the same order")}
}

// authorityFaults looks at the authorities that clients' certificates are checked against.
func authorityFaults(r gateway.Resource) diag.List {
	client, _ := r.Spec["client"].(map[string]any)
	ca, ok := client["ca"]
	if !ok {
		return nil
	}
	_, readable, err := chainOf(ca)
	if !readable || err == nil {
		return nil
	}
	at := gateway.Path{gateway.Field("client"), gateway.Field("ca")}
	return diag.List{diag.Errorf(r.Origin.Place(at), "bad-certificate", "%s of %s can't be read: %v", at, r.Key, err).
		WithHint("put the authority's certificate here, in PEM")}
}

// uncovered reports names of an ssl that none of its certificates is for.
func uncovered(r gateway.Resource, leaves []*x509.Certificate) diag.List {
	var faults diag.List
	for _, name := range placedTexts(r.Spec, "sni", "snis") {
		if covers(leaves, name.text) {
			continue
		}
		fault := diag.Errorf(r.Origin.Place(name.at), "uncovered-name", "the certificate of %s is not for %q", r.Key, name.text).
			WithHint("it is for %s: take another certificate, or another name", strings.Join(namesOf(leaves), ", "))
		faults.Add(mildIfOff(r, fault))
	}
	return faults
}

func covers(leaves []*x509.Certificate, name string) bool {
	if name == "*" {
		return true
	}
	for _, leaf := range leaves {
		if leaf.VerifyHostname(name) == nil {
			return true
		}
		if slices.ContainsFunc(namesIn(leaf), func(own string) bool { return takesName(own, name) }) {
			return true
		}
	}
	return false
}

// namesIn returns the host names of a certificate: its common name counts where it has no others, as it does for the gateway.
func namesIn(leaf *x509.Certificate) []string {
	if common := leaf.Subject.CommonName; len(leaf.DNSNames)+len(leaf.IPAddresses) == 0 && common != "" {
		return []string{common}
	}
	return leaf.DNSNames
}

// takesName reports whether a name of a certificate is for a server name. A wildcard stands for one label.
func takesName(own, name string) bool {
	if strings.EqualFold(own, name) {
		return true
	}
	_, rest, _ := strings.Cut(name, ".")
	suffix, wildcard := strings.CutPrefix(own, "*.")
	return wildcard && strings.EqualFold(suffix, rest)
}

// mildIfOff makes a warning of a fault of an ssl that is switched off: no client sees it.
func mildIfOff(r gateway.Resource, fault diag.Diagnostic) diag.Diagnostic {
	if r.Key.Kind == gateway.SSLs && switchedOff(r) {
		fault.Severity = diag.Warning
	}
	return fault
}

func namesOf(leaves []*x509.Certificate) []string {
	var all []string
	for _, leaf := range leaves {
		all = append(all, namesIn(leaf)...)
		for _, address := range leaf.IPAddresses {
			all = append(all, address.String())
		}
	}
	if len(all) == 0 {
		return []string{"no name at all"}
	}
	return all
}
