package embedded_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// behind is a route at / that answers "in" to whom its plugins let through.
func behind(plugins string) string {
	return `routes/r {"uri":"/","plugins":{` + plugins + `,` + strings.TrimPrefix(mock("in"), `"plugins":{`) + `}`
}

func jwt(algorithm string, claims map[string]any, sign func([]byte) []byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	header, _ := json.Marshal(map[string]any{"alg": algorithm, "typ": "JWT"})
	payload, _ := json.Marshal(claims)
	signed := encode(header) + "." + encode(payload)
	return signed + "." + encode(sign([]byte(signed)))
}

func hs256(secret string) func([]byte) []byte {
	return func(signed []byte) []byte {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(signed)
		return mac.Sum(nil)
	}
}

func TestJWTAuth(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(`consumers {"username":"jack","plugins":{"jwt-auth":{"key":"jack","secret":"s3cret"}}}`,
		behind(`"jwt-auth":{"hide_credentials":true,"claims_to_verify":["exp"]}`))
	soon, past := time.Now().Add(time.Hour).Unix(), time.Now().Add(-time.Hour).Unix()
	valid := map[string]any{"key": "jack", "exp": soon}
	for name, test := range map[string]struct {
		token string
		want  int
	}{
		"valid":                    {jwt("HS256", valid, hs256("s3cret")), 200},
		"another secret":           {jwt("HS256", valid, hs256("guess")), 401},
		"no secret":                {jwt("HS256", valid, hs256("")), 401},
		"no signature":             {jwt("none", valid, func([]byte) []byte { return nil }), 401},
		"another algorithm":        {jwt("HS512", valid, hs256("s3cret")), 401},
		"run out":                  {jwt("HS256", map[string]any{"key": "jack", "exp": past}, hs256("s3cret")), 401},
		"without its end":          {jwt("HS256", map[string]any{"key": "jack"}, hs256("s3cret")), 401},
		"an end that is no number": {jwt("HS256", map[string]any{"key": "jack", "exp": "never"}, hs256("s3cret")), 401},
		"not yet":                  {jwt("HS256", map[string]any{"key": "jack", "exp": soon, "nbf": soon}, hs256("s3cret")), 401},
		"a nobody":                 {jwt("HS256", map[string]any{"key": "jill", "exp": soon}, hs256("s3cret")), 401},
		"garbage":                  {"x.y.z", 401},
	} {
		if status, body := h.get("/", "Authorization: Bearer "+test.token); status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, status, body, test.want)
		}
	}
	token := jwt("HS256", valid, hs256("s3cret"))
	if status, _ := h.get("/?jwt=" + token); status != http.StatusOK {
		t.Errorf("in the query: got %d", status)
	}
	if status, _ := h.get("/", "Cookie: jwt="+token); status != http.StatusOK {
		t.Errorf("in a cookie: got %d", status)
	}
}

func TestJWTAuthByPublicKey(t *testing.T) {
	elliptic256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest := func(signed []byte) []byte { sum := sha256.Sum256(signed); return sum[:] }
	signers := map[string]func([]byte) []byte{
		"ES256": func(signed []byte) []byte {
			r, s, _ := ecdsa.Sign(rand.Reader, elliptic256, digest(signed))
			return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		},
		"RS256": func(signed []byte) []byte {
			signature, _ := rsa.SignPKCS1v15(rand.Reader, rsaKey, crypto.SHA256, digest(signed))
			return signature
		},
		"PS256": func(signed []byte) []byte {
			signature, _ := rsa.SignPSS(rand.Reader, rsaKey, crypto.SHA256, digest(signed), nil)
			return signature
		},
		"EdDSA": func(signed []byte) []byte { return ed25519.Sign(edwards, signed) },
	}
	public := map[string]any{"ES256": elliptic256.Public(), "RS256": rsaKey.Public(), "PS256": rsaKey.Public(), "EdDSA": edwards.Public()}
	h := newHarness(t, embedded.Config{})
	h.put(behind(`"jwt-auth":{}`))
	for algorithm := range signers {
		der, err := x509.MarshalPKIXPublicKey(public[algorithm])
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
		h.put(fmt.Sprintf(`consumers {"username":"jack","plugins":{"jwt-auth":{"key":"jack","algorithm":%q,"public_key":%s}}}`, algorithm, text))
		for other, signature := range signers {
			want := http.StatusUnauthorized
			if other == algorithm {
				want = http.StatusOK
			}
			token := jwt(other, map[string]any{"key": "jack"}, signature)
			if status, body := h.get("/", "Authorization: "+token); status != want {
				t.Errorf("signed with %s where %s is wanted: got %d %s", other, algorithm, status, body)
			}
			// The name of the algorithm alone opens nothing.
			forged := jwt(algorithm, map[string]any{"key": "jack"}, hs256(string(text)))
			if status, _ := h.get("/", "Authorization: "+forged); status != http.StatusUnauthorized {
				t.Errorf("%s: a forged signature got %d", algorithm, status)
			}
		}
	}
}

func TestLimitReqHoldsBackAndRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{})
		h.put(behind(`"limit-req":{"rate":1,"burst":1,"key":"http_x","rejected_code":429,"rejected_msg":"slow down"}`))
		for i, want := range []struct {
			status int
			took   time.Duration
		}{{200, 0}, {200, time.Second}, {200, time.Second}} {
			start := time.Now()
			if status, body := h.get("/", "X: a"); status != want.status || time.Since(start) != want.took {
				t.Errorf("request %d: got %d %s after %v, want %d after %v", i, status, body, time.Since(start), want.status, want.took)
			}
		}
		h.put(behind(`"limit-req":{"rate":1,"burst":1,"nodelay":true,"key":"http_x","rejected_code":429,"rejected_msg":"slow down"}`))
		for i, want := range []int{200, 200, 429, 429} {
			if status, body := h.get("/", "X: a"); status != want || want == 429 && body != `{"error_msg":"slow down"}` {
				t.Errorf("request %d at once: got %d %s, want %d", i, status, body, want)
			}
		}
		if status, _ := h.get("/", "X: b"); status != http.StatusOK {
			t.Errorf("another key: got %d", status)
		}
	})
}

func TestRestrictions(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	for _, test := range []struct {
		plugin  string
		headers []string
		want    int
	}{
		{`"ua-restriction":{"denylist":["^bad"]}`, []string{"User-Agent: bad/1"}, 403},
		{`"ua-restriction":{"denylist":["^bad"]}`, []string{"User-Agent: good"}, 200},
		{`"ua-restriction":{"denylist":["^bad"]}`, nil, 403},
		{`"ua-restriction":{"denylist":["^bad"],"bypass_missing":true}`, nil, 200},
		{`"ua-restriction":{"allowlist":["good"]}`, []string{"User-Agent: bad"}, 403},
		{`"ua-restriction":{"allowlist":["(?=good)good"]}`, []string{"User-Agent: bad"}, 403},
		{`"ua-restriction":{"denylist":["(?=bad)bad"]}`, []string{"User-Agent: good"}, 403},
		{`"referer-restriction":{"whitelist":["*.example.com"]}`, []string{"Referer: http://a.example.com/x"}, 200},
		{`"referer-restriction":{"whitelist":["*.example.com"]}`, []string{"Referer: http://example.org/x"}, 403},
		{`"referer-restriction":{"blacklist":["bad.example.com"]}`, []string{"Referer: http://bad.example.com"}, 403},
		{`"referer-restriction":{"whitelist":["a.example.com"],"bypass_missing":true}`, nil, 200},
		{`"uri-blocker":{"block_rules":["x=1"]}`, nil, 200},
		{`"uri-blocker":{"block_rules":["^/$"],"rejected_code":451}`, nil, 451},
		{`"uri-blocker":{"block_rules":["^/\\?*$"],"case_insensitive":true}`, nil, 403},
		{`"workflow":{"rules":[{"case":[["http_x","==","1"]],"actions":[["return",{"code":418}]]}]}`, []string{"X: 1"}, 418},
		{`"workflow":{"rules":[{"case":[["http_x","==","1"]],"actions":[["return",{"code":418}]]}]}`, []string{"X: 2"}, 200},
	} {
		h.put(behind(test.plugin))
		if status, body := h.get("/", test.headers...); status != test.want {
			t.Errorf("%s with %v: got %d %s, want %d", test.plugin, test.headers, status, body, test.want)
		}
	}
}

func TestAWorkflowCounts(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(behind(`"workflow":{"rules":[{"case":[["http_x","==","1"]],"actions":[["limit-count",{"count":1,"time_window":60,"rejected_code":429}]]}]}`))
	for i, want := range []int{200, 429} {
		if status, body := h.get("/", "X: 1"); status != want {
			t.Errorf("request %d: got %d %s, want %d", i, status, body, want)
		}
	}
	if status, _ := h.get("/"); status != http.StatusOK {
		t.Errorf("no rule matches: got %d", status)
	}
}

// TestCodeIsNotPassedBy: a route that Lua decides on is answered for by nobody.
func TestCodeIsNotPassedBy(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	for _, route := range []string{
		`routes/r {"uri":"/","filter_func":"function(vars) return false end",` + mock("in") + `}`,
		`routes/r {"uri":"/","script":"local a = 1","upstream":{"nodes":{}}}`,
		behind(`"serverless-pre-function":{"functions":["return function() ngx.exit(403) end"]}`),
	} {
		h.put(route)
		if status, body := h.get("/"); status != http.StatusNotImplemented {
			t.Errorf("%s: got %d %s", route, status, body)
		}
	}
}
