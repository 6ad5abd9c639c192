package embedded_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// readYAML is what a process that knows YAML hands in.
func readYAML(text []byte) (any, error) {
	node, faults := strictyaml.Parse("document", text)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return plain(node), nil
}

func plain(n *strictyaml.Node) any {
	switch {
	case n == nil:
		return nil
	case n.Kind == strictyaml.Map:
		out := map[string]any{}
		for _, field := range n.Fields {
			out[field.Key] = plain(field.Value)
		}
		return out
	case n.Kind == strictyaml.List:
		out := []any{}
		for _, one := range n.Items {
			out = append(out, plain(one))
		}
		return out
	}
	return n.Value
}

// TestStandaloneTranscript replays what a real gateway in API-driven standalone mode answered.
func TestStandaloneTranscript(t *testing.T) {
	names := pems(t)
	for _, name := range []string{"A", "B", "C"} {
		names["$BACKEND_"+name] = backend(t, name)
	}
	names["$ADMIN_KEY"] = "admin"
	order, cases := transcript(t, "standalone-3.18.jsonl")
	l := &ledger{known: knownInStandalone}
	for _, name := range order {
		t.Run(name, func(t *testing.T) { l.judge(t, name, replayStandalone(t, cases[name], names)) })
	}
	l.report(t)
}

func replayStandalone(t *testing.T, steps []step, names map[string]string) string {
	t.Helper()
	h := started(t, embedded.Config{
		Standalone: true, ReadYAML: readYAML, ProxyAddr: "127.0.0.1:0", StatusAddr: "127.0.0.1:0",
	})
	for _, s := range steps {
		if s.Request.Method == "" {
			continue
		}
		if d := playStandalone(t, h, s, names); d != "" {
			return fmt.Sprintf("step %d, %s %s: %s", s.Step, s.Request.Method, s.Request.Path, d)
		}
	}
	return ""
}

func playStandalone(t *testing.T, h *harness, s step, names map[string]string) string {
	base := map[string]string{"admin": h.AdminURL(), "proxy": h.ProxyURL(), "status": h.StatusURL()}[s.Listener]
	request, err := http.NewRequestWithContext(t.Context(), s.Request.Method, base+s.Request.Path, strings.NewReader(s.bodyOf(s.Request.Body, names)))
	if err != nil {
		t.Fatal(err)
	}
	request.URL.RawQuery += s.Request.Query
	for name, value := range s.Request.Headers {
		request.Header.Set(name, fill(value, names))
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := s.Response
	if resp.StatusCode != want.Status {
		return fmt.Sprintf("want status %d, have %d: %s", want.Status, resp.StatusCode, text)
	}
	if d := standaloneHeaders(want.Headers, resp.Header); d != "" {
		return d
	}
	if want.Upstream != nil && resp.Header.Get("X-Backend") != *want.Upstream {
		return fmt.Sprintf("want backend %s, have %s", *want.Upstream, resp.Header.Get("X-Backend"))
	}
	if want.Body == nil {
		return ""
	}
	return differs(asDocument(t, resp.Header, want.Body), parsed(string(text)), names, "body")
}

// asDocument reads a recorded YAML body: the text has no order of keys.
func asDocument(t *testing.T, header http.Header, body any) any {
	text, ok := body.(string)
	if !ok || header.Get("Content-Type") != "application/yaml" {
		return body
	}
	read, err := readYAML([]byte(strings.NewReplacer("$BACKEND_A", `"$BACKEND_A"`, `"$BACKEND_A"`, `"$BACKEND_A"`).Replace(text)))
	if err != nil {
		t.Fatal(err)
	}
	body, err = normal(read)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func standaloneHeaders(want map[string]string, have http.Header) string {
	if d := headerDiffers(want, have, "Content-Type", "Server", "X-API-VERSION", "X-Digest"); d != "" {
		return d
	}
	if wanted, sent := want["X-Last-Modified"] != "", have.Get("X-Last-Modified") != ""; wanted != sent {
		return fmt.Sprintf("X-Last-Modified: want %v, have %v", wanted, sent)
	}
	return ""
}
