package apisix_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
)

// TestConnectionsAreReused writes, reads and fails a thousand times over about as many connections as requests may run at once.
func TestConnectionsAreReused(t *testing.T) {
	const parallel = 4
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/refused"):
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error_msg":"no"}`)
		case r.Method == http.MethodPut:
			fmt.Fprint(w, `{"key":"/apisix/routes/r","value":{"id":"r"}}`)
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"Key not found"}`)
		default:
			fmt.Fprint(w, `{"key":"/apisix/routes/r","value":{"id":"r"},"modifiedIndex":1}`)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	g, err := apisix.New(apisix.Config{
		AdminURL: server.URL, Parallel: parallel, AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", key), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	var tasks errgroup.Group
	tasks.SetLimit(4 * parallel) // more than may run at once
	for i := range 1000 {
		tasks.Go(func() error {
			r := gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: []string{"r", "refused"}[i%2]}, Spec: map[string]any{}}
			err := g.Put(t.Context(), r)
			if i%2 == 0 && err == nil {
				_, err = g.Read(t.Context(), []gateway.Key{r.Key})
			}
			if i%4 == 0 && err == nil {
				err = g.Delete(t.Context(), r.Key)
			}
			if i%2 == 1 && err != nil {
				err = nil
			}
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		t.Fatal(err)
	}
	// A request may begin just before the connection of the last one is free again.
	if got := opened.Load(); got > 2*parallel {
		t.Errorf("%d connections for %d requests at once", got, parallel)
	}
}
