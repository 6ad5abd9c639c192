package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// listeners are the servers that Start opened.
type listeners struct {
	admin, proxy, tls, control, status net.Listener
	servers                            []*http.Server
	serving                            sync.WaitGroup
}

func (l *listeners) close() error {
	var err error
	for _, server := range l.servers {
		err = errors.Join(err, server.Close())
	}
	l.serving.Wait()
	return err
}

func (g *Gateway) listen() (err error) {
	l := &g.listeners
	all := []struct {
		address string
		into    *net.Listener
		handler http.Handler
	}{
		{cmp.Or(g.cfg.AdminAddr, "127.0.0.1:0"), &l.admin, g.AdminHandler()},
		{g.cfg.ProxyAddr, &l.proxy, g.ProxyHandler()},
		{g.cfg.TLSAddr, &l.tls, g.ProxyHandler()},
		{g.cfg.ControlAddr, &l.control, g.controlHandler()},
		{g.cfg.StatusAddr, &l.status, g.statusHandler()},
	}
	for _, one := range all {
		if one.address == "" {
			continue
		}
		if *one.into, err = net.Listen("tcp", one.address); err != nil {
			return errors.Join(fmt.Errorf("listen on %s: %w", one.address, err), l.abandon())
		}
	}
	// Handlers read the listeners of their neighbours: none serves before all are there.
	for _, one := range all {
		if *one.into != nil {
			g.serve(*one.into, one.handler, one.into == &l.tls)
		}
	}
	return nil
}

// abandon closes listeners that no server has taken over.
func (l *listeners) abandon() error {
	var err error
	for _, listener := range []net.Listener{l.admin, l.proxy, l.tls, l.control, l.status} {
		if listener != nil {
			err = errors.Join(err, listener.Close())
		}
	}
	return err
}

func (g *Gateway) serve(listener net.Listener, handler http.Handler, secure bool) {
	server := &http.Server{Handler: handler, ErrorLog: zap.NewStdLog(g.cfg.Log), ReadHeaderTimeout: time.Minute}
	g.listeners.servers = append(g.listeners.servers, server)
	g.listeners.serving.Go(func() {
		var err error
		if secure {
			server.TLSConfig = g.tlsConfig()
			err = server.ServeTLS(listener, "", "")
		} else {
			err = server.Serve(listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			g.cfg.Log.Error("listener stopped", zap.String("address", listener.Addr().String()), zap.Error(err))
		}
	})
}

// AdminURL is the base URL of the Admin API, without its path; "" without listeners.
func (g *Gateway) AdminURL() string { return urlOf(g.listeners.admin) }

// ProxyURL is the base URL of the data plane; "" when it does not listen.
func (g *Gateway) ProxyURL() string { return urlOf(g.listeners.proxy) }

// ControlURL is the base URL of the control API; "" when it does not listen.
func (g *Gateway) ControlURL() string { return urlOf(g.listeners.control) }

// StatusURL is the base URL of the status endpoints; "" when they do not listen.
func (g *Gateway) StatusURL() string { return urlOf(g.listeners.status) }

// TLSAddr is host:port of the data plane's TLS listener; "" when it does not listen.
func (g *Gateway) TLSAddr() string { return strings.TrimPrefix(urlOf(g.listeners.tls), "http://") }

func urlOf(listener net.Listener) string {
	if listener == nil {
		return ""
	}
	return "http://" + listener.Addr().String()
}
