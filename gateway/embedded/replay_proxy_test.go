package embedded_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// backend is an upstream that says who it is and what it was sent.
func backend(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if milliseconds, err := strconv.Atoi(r.URL.Query().Get("sleep")); err == nil {
			select {
			case <-time.After(time.Duration(milliseconds) * time.Millisecond):
			case <-r.Context().Done():
			}
		}
		body, _ := io.ReadAll(r.Body)
		headers := map[string]any{"Host": r.Host}
		for key, values := range r.Header {
			headers[key] = strings.Join(values, ", ")
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Backend", name)
		if code, err := strconv.Atoi(r.URL.Query().Get("code")); err == nil {
			w.WriteHeader(code)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "path": r.URL.RequestURI(), "headers": headers, "body": string(body),
		})
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// deadAddress is one where nothing listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestDataPlaneTranscript replays what traffic got from a real gateway.
func TestDataPlaneTranscript(t *testing.T) {
	names := pems(t)
	for _, name := range []string{"A", "B", "C"} {
		names["$BACKEND_"+name] = backend(t, name)
	}
	names["$BACKEND_DEAD"] = deadAddress(t)
	names["$ADMIN_KEY"] = "admin"
	order, cases := transcript(t, "dataplane-3.18.jsonl")
	l := &ledger{known: knownInTraffic}
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			for _, s := range cases[name] {
				if s.Wait > 0 {
					t.Skip("SKIPPED: the case waits in real time")
				}
			}
			l.judge(t, name, replayTraffic(t, cases[name], names))
		})
	}
	l.report(t)
}

func replayTraffic(t *testing.T, steps []step, names map[string]string) string {
	t.Helper()
	g, err := embedded.Start(embedded.Config{AdminKey: "admin", ProxyAddr: "127.0.0.1:0", TLSAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	_, names["$PROXY_PORT"], _ = net.SplitHostPort(strings.TrimPrefix(g.ProxyURL(), "http://"))
	_, names["$TLS_PORT"], _ = net.SplitHostPort(g.TLSAddr())
	for _, s := range steps {
		delete(names, "$ID")
		var d string
		switch {
		case s.Admin != nil:
			d = configure(g, s, names)
		case s.Repeat > 0:
			d = countTraffic(g, s, names)
		default:
			d = sendTraffic(g, s, names)
		}
		if d != "" {
			return fmt.Sprintf("step %d: %s", s.Step, d)
		}
	}
	return ""
}

func configure(g *embedded.Gateway, s step, names map[string]string) string {
	request := httptest.NewRequest(s.Admin.Method, s.Admin.Path+"?"+s.Admin.Query, strings.NewReader(s.bodyOf(s.Admin.Body, names)))
	request.Header.Set("X-API-KEY", "admin")
	recorder := httptest.NewRecorder()
	g.AdminHandler().ServeHTTP(recorder, request)
	if recorder.Code != s.Status {
		return fmt.Sprintf("%s %s: want %d, have %d: %s", s.Admin.Method, s.Admin.Path, s.Status, recorder.Code, recorder.Body)
	}
	return ""
}

// exchanged is what one request got.
type exchanged struct {
	resp *http.Response
	body string
	peer string
}

// exchangeWith sends one request over a connection of its own, as it stands in the transcript.
func exchangeWith(g *embedded.Gateway, s step, names map[string]string) (*exchanged, error) {
	address := strings.TrimPrefix(g.ProxyURL(), "http://")
	if s.Request.TLS != nil {
		address = g.TLSAddr()
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	found := &exchanged{}
	if s.Request.TLS != nil {
		config := &tls.Config{InsecureSkipVerify: true}
		if s.Request.TLS.SNI != nil {
			config.ServerName = *s.Request.TLS.SNI
		}
		if certificate := s.Request.TLS.ClientCert; certificate != "" {
			pair, err := tls.X509KeyPair([]byte(names[certificate]), []byte(names[strings.Replace(certificate, "CERT", "KEY", 1)]))
			if err != nil {
				return nil, err
			}
			config.Certificates = []tls.Certificate{pair}
		}
		secure := tls.Client(conn, config)
		if err := secure.Handshake(); err != nil {
			return nil, err
		}
		found.peer = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.ConnectionState().PeerCertificates[0].Raw}))
		conn = secure
	}
	return found, found.send(conn, s, names)
}

func (f *exchanged) send(conn net.Conn, s step, names map[string]string) error {
	body := s.bodyOf(s.Request.Body, names)
	lines := []string{s.Request.Method + " " + s.Request.Path + " HTTP/1.1", "Host: " + fill(s.Request.Host, names), "Connection: close"}
	for name, value := range s.Request.Headers {
		lines = append(lines, name+": "+value)
	}
	if body != "" || s.Request.Body != nil {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	}
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"+body); err != nil {
		return err
	}
	request, err := http.NewRequest(s.Request.Method, "/", nil)
	if err != nil {
		return err
	}
	if f.resp, err = http.ReadResponse(bufio.NewReader(conn), request); err != nil {
		return err
	}
	text, err := io.ReadAll(f.resp.Body)
	f.body = string(text)
	return err
}

// countTraffic compares how often which backend answered. One request of difference for each node and worker is allowed.
func countTraffic(g *embedded.Gateway, s step, names map[string]string) string {
	have := map[string]int{}
	for range s.Repeat {
		found, err := exchangeWith(g, s, names)
		if err != nil {
			return err.Error()
		}
		by := found.resp.Header.Get("X-Backend")
		if by == "" {
			by = "-"
		}
		have[fmt.Sprintf("%d %s", found.resp.StatusCode, by)]++
	}
	for what, count := range s.Counts {
		if difference := have[what] - count; difference > 2 || difference < -2 {
			return fmt.Sprintf("want %v, have %v", s.Counts, have)
		}
	}
	return ""
}

func sendTraffic(g *embedded.Gateway, s step, names map[string]string) string {
	found, err := exchangeWith(g, s, names)
	want := s.Response
	if want.TLSError != "" || want.Error != "" {
		if err == nil {
			return "want a refused connection, have an answer"
		}
		return ""
	}
	at := s.Request.Method + " " + s.Request.Path + " " + s.Request.Host + ": "
	switch {
	case err != nil:
		return at + err.Error()
	case found.resp.StatusCode != want.Status:
		return fmt.Sprintf("%swant status %d, have %d: %s", at, want.Status, found.resp.StatusCode, found.body)
	case want.PeerCertificate != "" && strings.TrimSpace(names[want.PeerCertificate]) != strings.TrimSpace(found.peer):
		return at + "another certificate than " + want.PeerCertificate
	}
	if d := trafficHeaders(want.Headers, found.resp.Header, names); d != "" {
		return at + d
	}
	if want.Body != nil {
		return prefixed(at, differs(want.Body, parsed(found.body), names, "body"))
	}
	return prefixed(at, trafficSeen(s, found, names))
}

func prefixed(at, d string) string {
	if d == "" {
		return ""
	}
	return at + d
}

func trafficHeaders(want map[string]string, have http.Header, names map[string]string) string {
	for name, value := range want {
		if d := differs(value, strings.Join(have.Values(name), ", "), names, "header "+name); d != "" {
			return d
		}
	}
	for name := range have {
		switch name {
		case "Date", "Connection", "Content-Length", "Transfer-Encoding":
			continue
		}
		found := false
		for wanted := range want {
			found = found || textproto.CanonicalMIMEHeaderKey(wanted) == name
		}
		if !found {
			return "header " + name + ": not wanted"
		}
	}
	return ""
}

// trafficSeen compares what the backend was sent.
func trafficSeen(s step, found *exchanged, names map[string]string) string {
	want := s.Response.UpstreamGot
	if want == nil {
		return ""
	}
	var got struct {
		Method, Path string
		Headers      map[string]any
	}
	if err := json.Unmarshal([]byte(found.body), &got); err != nil {
		return err.Error()
	}
	// Content-Length is no matter of the gateway's, and the test asks for the end of each connection.
	for _, name := range []string{"Content-Length", "Connection"} {
		delete(got.Headers, name)
		delete(want.Headers, name)
	}
	if want.Method != got.Method || want.Path != got.Path {
		return fmt.Sprintf("upstream: want %s %s, have %s %s", want.Method, want.Path, got.Method, got.Path)
	}
	return differs(want.Headers, got.Headers, names, "upstream headers")
}
