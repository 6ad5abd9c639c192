package settings

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestTraces fills in what is not said.
func TestTraces(t *testing.T) {
	house(t, smallest+"traces: {otlp: {endpoint: \"https://otel:4318\", headersFile: key, caFile: cert}}\nlog: {format: console}\n")
	must(t, os.WriteFile("key", []byte("# who we are\nAuthorization: Bearer abc:def\n\nX-Scope: acme\n"), 0o600))
	got, faults := Load("sluice.yaml")
	check(t, "faults", "", faults.Error())
	want := OTLP{Endpoint: "https://otel:4318/v1/traces", HeadersFile: here(t, "key"), CAFile: here(t, "cert"), Ratio: 1}
	check(t, "traces", want, got.Traces.OTLP)
	headers, err := got.Traces.OTLP.Headers()
	must(t, err)
	check(t, "headers", http.Header{"Authorization": {"Bearer abc:def"}, "X-Scope": {"acme"}}, headers)
	check(t, "format", "console", got.Log.Format)
}

// TestTracesOff has no traces where nothing is said.
func TestTracesOff(t *testing.T) {
	house(t, smallest)
	got, faults := Load("sluice.yaml")
	check(t, "faults", "", faults.Error())
	check(t, "traces", Traces{}, got.Traces)
}

// TestFaultsOfTraces finds them with their places, and shows nothing of the headers.
func TestFaultsOfTraces(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a ratio in percent", "traces: {otlp: {endpoint: http://otel:4318, ratio: 10}}", `sluice.yaml:4:52: the ratio 10 is not above 0 and up to 1
	hint: write 1 for all commits, 0.1 for one of ten; to trace none leave endpoint out`},
		{"nobody to send to", "traces: {otlp: {ratio: 0.5}}", `sluice.yaml:4:10: "endpoint" is missing
	hint: write endpoint: https://HOST:4318`},
		{"no address", "traces: {otlp: {endpoint: otel:4318}}", `sluice.yaml:4:27: not the address of an API
	hint: write http://HOST:PORT or https://HOST:PORT`},
		{"a login in the address", "traces: {otlp: {endpoint: http://me:pass@otel:4318}}", `sluice.yaml:4:27: an address must not hold a user or a password
	hint: remove them`},
		{"headers that are none", "traces: {otlp: {endpoint: http://otel:4318, headersFile: key}}", `sluice.yaml:4:58: read the headers of traces: line 1 of HERE/key is not of the form "Name: value"
	hint: write one header in a line, as Authorization: Bearer TOKEN`},
		{"headers that are not there", "traces: {otlp: {endpoint: http://otel:4318, headersFile: nowhere}}", `sluice.yaml:4:58: stat HERE/nowhere: no such file or directory`},
		{"an unknown format", "log: {format: jsn}", `sluice.yaml:4:15: unknown log format "jsn"
	hint: did you mean "json"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			house(t, smallest+c.text+"\n")
			_, faults := Load("sluice.yaml")
			want := strings.ReplaceAll(c.want, "HERE", here(t, "."))
			check(t, "faults", want, faults.Error())
			if strings.Contains(faults.Error(), "k3y") {
				t.Error("a fault shows what the file of headers holds")
			}
		})
	}
}
