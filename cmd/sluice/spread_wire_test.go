//go:build unix

package main

import (
	"io"
	"net"
	"sync"
	"testing"
)

// wire is the way of one replica to etcd, which can be cut.
type wire struct {
	address string // where the replica reaches etcd
	to      string

	mu    sync.Mutex
	isCut bool
	ends  map[net.Conn]bool
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{address: listener.Addr().String(), to: to, ends: map[net.Conn]bool{}}
	t.Cleanup(func() { listener.Close(); w.cut() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(near)
		}
	}()
	return w
}

// carry passes on what comes, until one of the ends closes or the wire is cut.
func (w *wire) carry(near net.Conn) {
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		near.Close()
		return
	}
	w.mu.Lock()
	cut := w.isCut
	if !cut {
		w.ends[near], w.ends[far] = true, true
	}
	w.mu.Unlock()
	if !cut {
		go func() { _, _ = io.Copy(far, near); far.Close() }()
		_, _ = io.Copy(near, far)
	}
	near.Close()
	far.Close()
}

// cut ends all connections, and lets no other through until the wire is mended.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for end := range w.ends {
		end.Close()
	}
	clear(w.ends)
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
}
