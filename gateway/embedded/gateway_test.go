package embedded_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// certificate makes a self-signed pair for a name.
func certificate(t *testing.T, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

func started(t *testing.T, cfg embedded.Config) *harness {
	t.Helper()
	cfg.AdminKey = "admin"
	g, err := embedded.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return &harness{g, t}
}

func TestCertificateByName(t *testing.T) {
	h := started(t, embedded.Config{TLSAddr: "127.0.0.1:0"})
	for id, name := range map[string]string{"exact": "a.example.com", "wild": "*.example.com"} {
		cert, key := certificate(t, name)
		ssl, _ := json.Marshal(map[string]any{"sni": name, "cert": cert, "key": key})
		h.put("ssls/" + id + " " + string(ssl))
	}
	for asked, want := range map[string]string{
		"a.example.com": "a.example.com", "A.Example.com": "a.example.com", "b.example.com": "*.example.com", "a.b.example.com": "", "example.com": "",
	} {
		got := ""
		conn, err := tls.Dial("tcp", h.TLSAddr(), &tls.Config{ServerName: asked, InsecureSkipVerify: true})
		if err == nil {
			got = conn.ConnectionState().PeerCertificates[0].DNSNames[0]
			_ = conn.Close()
		}
		if got != want {
			t.Errorf("%s: got the certificate of %q, want that of %q", asked, got, want)
		}
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	first := started(t, embedded.Config{StateFile: file})
	first.put(`upstreams/u {"nodes":{}}`, `routes/z {"uri":"/",`+mock("z")+`}`, `routes/b {"uri":"/",`+mock("b")+`}`,
		`routes/1 {"uri":"/u","upstream_id":"u"}`, `consumers {"username":"jack"}`, `consumers/jack/credentials/1 {"plugins":{"key-auth":{"key":"k"}}}`)
	_, before := first.admin(http.MethodGet, "routes", "")
	if _, body := first.get("/"); body != "z" {
		t.Errorf("before the restart: got %s, want the route that came first", body)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file holds keys and has mode %v, %v", info.Mode(), err)
	}
	second := started(t, embedded.Config{StateFile: file})
	if _, after := second.admin(http.MethodGet, "routes", ""); after != before {
		t.Errorf("got %s, want %s", after, before)
	}
	if _, body := second.get("/"); body != "b" {
		t.Errorf("after the restart: got %s, want the route whose id sorts first", body)
	}
	if status, _ := second.admin(http.MethodDelete, "upstreams/u", ""); status != http.StatusBadRequest {
		t.Errorf("the restarted gateway forgot who uses the upstream: %d", status)
	}
	if status, _ := second.admin(http.MethodPut, "upstreams/u", `{"nodes":{}}`); status != http.StatusOK {
		t.Errorf("got %d for a write over a kept upstream", status)
	}
}

func TestUnreadableStateIsRefusedAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	torn := []byte(`{"revision":3,"objects":[{"kind":"routes"`)
	if err := os.WriteFile(file, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	if g, err := embedded.Start(embedded.Config{StateFile: file}); err == nil {
		_ = g.Close()
		t.Error("a torn state file was taken for an empty one")
	}
	if text, _ := os.ReadFile(file); !bytes.Equal(text, torn) {
		t.Errorf("the file was overwritten: %s", text)
	}
}

func TestControlShowsWhatAWorkerTook(t *testing.T) {
	h := started(t, embedded.Config{ControlAddr: "127.0.0.1:0", Workers: 1, Lag: func(_ int, kind gateway.Kind) time.Duration {
		if kind == gateway.Upstreams {
			return time.Hour
		}
		return 0
	}})
	h.put(`services/s {"upstream":{"nodes":{"127.0.0.1:80":1}}}`)
	h.put(`upstreams/u {"nodes":{}}`)
	get := func(path string) (int, string) {
		resp, err := http.Get(h.ControlURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	status, body := get("/v1/service/s")
	for status == http.StatusNotFound {
		// The worker takes the write at once, on a goroutine of its own.
		runtime.Gosched()
		status, body = get("/v1/service/s")
	}
	for _, want := range []string{`"key":"/apisix/services/s"`, `"modifiedIndex":1`, `"update_time":`, `"pass_host":"pass"`, `"port":80`} {
		if !strings.Contains(body, want) {
			t.Errorf("want %s in %s", want, body)
		}
	}
	if status, body := get("/v1/upstream/u"); status != http.StatusNotFound {
		t.Errorf("got %d %s for an upstream that no worker has taken", status, body)
	}
	for _, path := range []string{"/status", "/status/ready", "/v1/routes"} {
		if status, _ := get(path); status != http.StatusOK {
			t.Errorf("%s: got %d", path, status)
		}
	}
}

// TestCloseLeavesNothingBehind counts goroutines; those of connections that were cut need a moment to end.
func TestCloseLeavesNothingBehind(t *testing.T) {
	address := backend(t, "A")
	before := runtime.NumGoroutine()
	for range 3 {
		g, err := embedded.Start(embedded.Config{
			AdminKey: "admin", ProxyAddr: "127.0.0.1:0", TLSAddr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0",
			StateFile: filepath.Join(t.TempDir(), "state.json"), Lag: func(int, gateway.Kind) time.Duration { return time.Millisecond },
		})
		if err != nil {
			t.Fatal(err)
		}
		h := &harness{g, t}
		h.put(`routes/1 {"uri":"/","upstream":{"nodes":{"` + address + `":1}}}`)
		if err := g.Quiesce(t.Context()); err != nil {
			t.Fatal(err)
		}
		resp, err := http.Get(g.ProxyURL())
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("got %v, %v", resp, err)
		}
		_ = resp.Body.Close()
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before+2 && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	// The backend keeps up to two goroutines for a connection that it has not yet seen end.
	if after := runtime.NumGoroutine(); after > before+2 {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	}
}

func TestListenersThatFailAreUndone(t *testing.T) {
	taken := started(t, embedded.Config{})
	if g, err := embedded.Start(embedded.Config{ProxyAddr: strings.TrimPrefix(taken.AdminURL(), "http://")}); err == nil {
		_ = g.Close()
		t.Error("two gateways listen on one address")
	}
}
