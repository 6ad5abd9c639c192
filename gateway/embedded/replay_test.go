package embedded_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fixture opens a file of recorded answers. The folder stands beside the checkout; without it the test is skipped.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "..", "shared", "fixtures", "apisix", name))
	if err != nil {
		t.Skipf("SKIPPED: the recorded answers are not here, so the gateway was not compared with the real one: %v", err)
	}
	return text
}

// step is one line of a transcript.
type step struct {
	Case     string
	Listener string
	Step     int
	Setup    map[string]any
	Wait     float64 `json:"wait_seconds"`
	Unstable []string
	Request  struct {
		Method, Path, Query, Host string
		Headers                   map[string]string
		Body                      json.RawMessage
		Fill                      *struct {
			Template, Char string
			Count          int
		}
		TLS *struct {
			SNI        *string
			ClientCert string `json:"client_cert"`
		}
	}
	Response struct {
		Status      int
		Headers     map[string]string
		Body        any
		CORS        *bool
		Alternative any `json:"alternative_body"`
		Upstream    *string
		UpstreamGot *struct {
			Method, Path string
			Headers      map[string]any
		} `json:"upstream_request"`
		PeerCertificate string `json:"peer_certificate"`
		TLSError        string `json:"tls_error"`
		Error           string
	}
	Admin *struct {
		Method, Path, Query string
		Body                json.RawMessage
	}
	Status int
	Repeat int
	Counts map[string]int
}

// transcript groups the lines of a file by case, in their order.
func transcript(t *testing.T, name string) (names []string, cases map[string][]step) {
	t.Helper()
	cases = map[string][]step{}
	lines := bufio.NewScanner(strings.NewReader(string(fixture(t, name))))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if cases[s.Case] == nil {
			names = append(names, s.Case)
		}
		cases[s.Case] = append(cases[s.Case], s)
	}
	return names, cases
}

func pems(t *testing.T) map[string]string {
	t.Helper()
	certificates := map[string]string{}
	var raw map[string]any
	if err := json.Unmarshal(fixture(t, "certificates.json"), &raw); err != nil {
		t.Fatal(err)
	}
	for name, value := range raw {
		if text, ok := value.(string); ok {
			certificates["$"+strings.TrimPrefix(name, "$")] = text
		}
	}
	return certificates
}

// uuid is an id that was made by chance.
var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

var word = regexp.MustCompile(`\$[A-Z_][A-Z0-9_]*`)

// fill puts what the names stand for in their place. The longest names first: $CERT_A2 is no $CERT_A.
func fill(text string, names map[string]string) string {
	return word.ReplaceAllStringFunc(text, func(found string) string {
		if value, ok := names[found]; ok {
			return value
		}
		return found
	})
}

// bodyOf is the text that a request of a transcript sends.
func (s step) bodyOf(raw json.RawMessage, names map[string]string) string {
	if s.Request.Fill != nil {
		f := s.Request.Fill
		return strings.ReplaceAll(f.Template, "$FILL", strings.Repeat(f.Char, f.Count))
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return fill(text, names)
	}
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return ""
	}
	filled, _ := json.Marshal(fillValue(value, names))
	return string(filled)
}

func fillValue(v any, names map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			out[fill(key, names)] = fillValue(value, names)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = fillValue(item, names)
		}
		return out
	case string:
		return fill(v, names)
	}
	return v
}

// differs compares an answer with a recorded one and says where they part; "" when they don't. Ids are learned in names.
func differs(want, have any, names map[string]string, at string) string {
	switch want := want.(type) {
	case map[string]any:
		return objectDiffers(want, have, names, at)
	case []any:
		have, ok := have.([]any)
		if !ok || len(have) != len(want) {
			return fmt.Sprintf("%s: want %d items, have %v", at, len(want), have)
		}
		for i := range want {
			if d := differs(want[i], have[i], names, fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
		return ""
	case string:
		if standsFor(want, have, names) || have == fill(want, names) {
			return ""
		}
		return fmt.Sprintf("%s: want %.300q, have %.300q", at, want, fmt.Sprint(have))
	}
	if want != have {
		return fmt.Sprintf("%s: want %v, have %v", at, want, have)
	}
	return ""
}

func objectDiffers(want map[string]any, have any, names map[string]string, at string) string {
	found, ok := have.(map[string]any)
	if !ok {
		return fmt.Sprintf("%s: want an object, have %v", at, have)
	}
	wanted := map[string]any{}
	for key, value := range want {
		wanted[fill(key, names)] = value
	}
	for key := range found {
		if _, ok := wanted[key]; !ok {
			return fmt.Sprintf("%s.%s: not wanted", at, key)
		}
	}
	for key, value := range wanted {
		if d := differs(value, found[key], names, at+"."+key); d != "" {
			return d
		}
	}
	return ""
}

// standsFor compares a placeholder by its kind.
func standsFor(want string, have any, names map[string]string) bool {
	number, isNumber := have.(float64)
	text, isText := have.(string)
	switch want {
	case "$TIME":
		return isNumber && number > 9e8 // bubbles begin in the year 2000
	case "$INDEX":
		return isNumber && number >= 1
	case "$CIPHER":
		b, err := base64.StdEncoding.DecodeString(text)
		return isText && err == nil && len(b)%16 == 0 && len(b) > 0
	case "$OMITTED", "$SECONDS", "$N", "$ETAG":
		return have != nil
	}
	if uuid.MatchString(want) {
		return uuid.MatchString(text)
	}
	if before, after, ok := strings.Cut(want, "$N"); ok && isText {
		return strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
	}
	if before, _, ok := strings.Cut(want, "$LUA/"); ok {
		// The text of an error inside the real one is nothing to agree with.
		return isText && strings.HasPrefix(text, before)
	}
	if before, ok := strings.CutSuffix(want, "$ID"); ok && names["$ID"] == "" && strings.HasPrefix(text, before) {
		names["$ID"] = text[len(before):]
	}
	return isText && text == strings.ReplaceAll(want, "$ID", names["$ID"])
}

// parsed is a body as transcripts write it: JSON, or the text itself.
func parsed(text string) any {
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		return v
	}
	return text
}

// ledger holds a list of known differences against what a replay found.
type ledger struct {
	known []difference
	seen  []string
	total int
	agree int
}

// difference names a case that differs from the real gateway on purpose, and why.
type difference struct {
	name, why string
	chance    bool // whether it agrees is left to chance
}

// judge fails the test for a difference that nobody expects, and for an expected one that is gone.
func (l *ledger) judge(t *testing.T, name, found string) {
	t.Helper()
	l.total++
	l.seen = append(l.seen, name)
	at := slices.IndexFunc(l.known, func(d difference) bool { return d.name == name })
	switch {
	case found == "":
		l.agree++
		if at >= 0 && !l.known[at].chance {
			t.Errorf("agrees with the real gateway now: take %q out of the known differences", name)
		}
	case at < 0:
		t.Errorf("differs from the real gateway: %s", found)
	}
}

func (l *ledger) report(t *testing.T) {
	t.Helper()
	t.Logf("%d of %d cases agree with the real gateway", l.agree, l.total)
	for _, d := range l.known {
		if !slices.Contains(l.seen, d.name) && l.total > 1 {
			t.Errorf("no recording has the case %q: take it out of the known differences", d.name)
		}
	}
}

func headerDiffers(want map[string]string, have http.Header, names ...string) string {
	for _, name := range names {
		if want[name] != have.Get(name) {
			return fmt.Sprintf("header %s: want %q, have %q", name, want[name], have.Get(name))
		}
	}
	return ""
}

// normal is v as JSON would give it.
func normal(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	err = json.Unmarshal(text, &out)
	return out, err
}
