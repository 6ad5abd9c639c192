package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/replica"
	"github.com/sluice-gitops/sluice/settings"
)

// TestNoEtcdAtStart: a replica that can't read the journal does not start with an empty one.
func TestNoEtcdAtStart(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	address := "http://" + silent.Addr().String()
	s := settings.Settings{Journal: settings.Journal{Etcd: settings.Etcd{Endpoints: []string{address}, Timeout: 100 * time.Millisecond}}}
	d, err := Open(t.Context(), s, Options{})
	if err == nil {
		d.Close()
		t.Fatal("it starts")
	}
	if text := err.Error(); !strings.Contains(text, address) || !strings.Contains(text, "hint: a replica begins with the journal") {
		t.Errorf("it says %q", text)
	}
}

// TestLeads: a replica leads in a term only, and a daemon without replicas always does.
func TestLeads(t *testing.T) {
	var alone *replicas
	if err := alone.leads(); err != nil {
		t.Errorf("a daemon without replicas: %v", err)
	}
	standby := &replicas{log: zap.NewNop()}
	if err := standby.leads(); !errors.Is(err, replica.ErrNotLeader) {
		t.Errorf("a replica without a term: %v", err)
	}
}

// TestEveryClientIsFenced: no type of gateway group has a way out past the fence.
func TestEveryClientIsFenced(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("k"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{settings.APISIX, settings.Standalone, settings.API7} {
		for _, leads := range []error{nil, replica.ErrNotLeader} {
			t.Run(fmt.Sprint(kind, " ", leads), func(t *testing.T) {
				var arrived atomic.Int64
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					arrived.Add(1)
					w.WriteHeader(http.StatusTeapot)
				}))
				defer server.Close()
				instances := []settings.Instance{{AdminURL: server.URL, StatusURL: server.URL, ControlURL: server.URL, ProxyURL: server.URL}}
				groups := newGroups(zap.NewNop())
				groups.fence = func(_ string, transport *http.Transport) { replica.Fence(transport, func() error { return leads }) }
				group := settings.GatewayGroup{
					Type: kind, AdminURL: server.URL, AdminKeyFile: key, Instances: instances, Environment: "prod", Parallel: 2,
					Timeout: time.Second, DocumentLimit: 1 << 20, GatewayGroup: "eu",
				}
				lag := time.Duration(0)
				err := groups.openAll(settings.Settings{GatewayGroups: map[string]settings.GatewayGroup{"eu": group}}, &lag)
				if err != nil {
					t.Fatal(err)
				}
				defer groups.Close()
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				if _, err := groups.List()[0].Gateway.Live(ctx); err == nil {
					t.Error("a teapot was read")
				}
				if got := arrived.Load() > 0; got != (leads == nil) {
					t.Errorf("a request arrived: %t", got)
				}
			})
		}
	}
}
