package access

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestAddressOf(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:4711", nil, "192.0.2.1"},
		{"192.0.2.1:4711", []string{"1.1.1.1"}, "192.0.2.1"},
		{"10.0.0.1:4711", []string{"1.1.1.1"}, "1.1.1.1"},
		{"10.0.0.1:4711", []string{"1.1.1.1, 2.2.2.2"}, "2.2.2.2"},
		{"10.0.0.1:4711", []string{"1.1.1.1, 2.2.2.2 , 10.9.9.9"}, "2.2.2.2"},
		{"10.0.0.1:4711", []string{"1.1.1.1", "2.2.2.2"}, "2.2.2.2"},
		{"10.0.0.1:4711", []string{"1.1.1.1, nonsense"}, "10.0.0.1"},
		{"10.0.0.1:4711", nil, "10.0.0.1"},
		{"[fd00::1]:4711", []string{"2001:db8::7"}, "2001:db8::7"},
		{"[::ffff:10.0.0.1]:4711", []string{"1.1.1.1"}, "1.1.1.1"},
		{"a pipe", []string{"1.1.1.1"}, "invalid IP"},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = tt.remote
		req.Header["X-Forwarded-For"] = tt.forwarded
		if got := addressOf(req, trusted).String(); got != tt.want {
			t.Errorf("%s with %q: %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, 2)
		allowed := func(text string) int {
			address, n := netip.Addr{}, 0
			if text != "" {
				address = netip.MustParseAddr(text)
			}
			for range 5 {
				if l.Allow(address) {
					n++
				}
			}
			return n
		}
		for _, tt := range []struct {
			address string
			want    int
		}{
			{"192.0.2.1", 2}, {"192.0.2.2", 2}, {"::ffff:192.0.2.1", 0}, {"2001:db8::1", 2}, {"2001:db8::2", 0}, {"2001:db8:0:1::1", 2}, {"", 2}, {"", 0},
		} {
			if got := allowed(tt.address); got != tt.want {
				t.Errorf("%q is allowed %d, want %d", tt.address, got, tt.want)
			}
		}
		time.Sleep(time.Second)
		if got := allowed("192.0.2.1"); got != 1 {
			t.Errorf("a second later it is allowed %d", got)
		}
		for i := range 3 * mostCallers {
			l.Allow(netip.MustParseAddr(fmt.Sprintf("10.1.%d.%d", i/250, i%250)))
		}
		if len(l.callers) > mostCallers {
			t.Errorf("%d addresses are remembered", len(l.callers))
		}
	})
}

func TestEndedSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnded()
		for i := range mostEnded {
			e.add(session{ID: fmt.Sprint(i), Until: time.Now().Add(time.Duration(i+1) * time.Minute)})
		}
		e.add(session{ID: "one more", Until: time.Now().Add(time.Hour)})
		if len(e.sessions) != mostEnded || e.has("0") || !e.has("1") || !e.has("one more") {
			t.Errorf("%d are remembered, the first of them: %v", len(e.sessions), e.has("0"))
		}
		time.Sleep(24 * time.Hour)
		e.add(session{ID: "the next day", Until: time.Now().Add(time.Hour)})
		if len(e.sessions) != mostEnded-24*60+1 || !e.has("the next day") {
			t.Errorf("a day later %d are remembered", len(e.sessions))
		}
	})
}
