//go:build unix

package replica

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/replica/etcdtest"
)

// withUsers lets in only who logs in: root, and one that may use a prefix.
func withUsers(t *testing.T, server *etcdtest.Server, user, password, prefix string) *clientv3.Client {
	t.Helper()
	plain, err := clientv3.New(clientv3.Config{Endpoints: []string{server.URL}, Logger: zap.NewNop()})
	must(t, err)
	defer plain.Close()
	for _, step := range []func() error{
		func() error { _, err := plain.UserAdd(t.Context(), "root", "of all"); return err },
		func() error { _, err := plain.UserGrantRole(t.Context(), "root", "root"); return err },
		func() error { _, err := plain.UserAdd(t.Context(), user, password); return err },
		func() error { _, err := plain.RoleAdd(t.Context(), user); return err },
		func() error {
			_, err := plain.RoleGrantPermission(t.Context(), user, prefix, clientv3.GetPrefixRangeEnd(prefix), clientv3.PermissionType(clientv3.PermReadWrite))
			return err
		},
		func() error { _, err := plain.UserGrantRole(t.Context(), user, user); return err },
		func() error { _, err := plain.AuthEnable(t.Context()); return err },
	} {
		must(t, step())
	}
	root, err := clientv3.New(clientv3.Config{Endpoints: []string{server.URL}, Username: "root", Password: "of all", Logger: zap.NewNop()})
	must(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return root
}

// TestAPasswordIsRotated while a replica leads: with the old one it is shut out, and with the new one it goes on, in the same term and over the same
// connection.
func TestAPasswordIsRotated(t *testing.T) {
	server := etcdtest.Start(t)
	root := withUsers(t, server, "sluice", "one", "/rotated")
	var password atomic.Value
	password.Store("one")
	e, err := Open(Config{
		Endpoints: []string{server.URL}, Prefix: "/rotated", Name: "a", Lease: 30 * time.Second, Timeout: 5 * time.Second,
		Username: "sluice", Password: func() (string, error) { return password.Load().(string), nil },
	})
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	term := lead(t, e)
	j := journal(t, term)
	must(t, j.Note(note("before")))

	_, err = root.UserChangePassword(t.Context(), "sluice", "two")
	must(t, err)
	if err := j.Note(note("shut-out")); err == nil || !strings.Contains(err.Error(), "authentication failed") || strings.Contains(err.Error(), "one") {
		t.Errorf("with the old password: %v", err)
	}
	password.Store("two")
	must(t, j.Note(note("after")))
	check(t, "journal", "before after", commits(t, e))
}

// TestAPasswordThatCantBeRead says so, and is asked again at the next try.
func TestAPasswordThatCantBeRead(t *testing.T) {
	server := etcdtest.Start(t)
	withUsers(t, server, "sluice", "one", "/unread")
	config := Config{
		Endpoints: []string{server.URL}, Prefix: "/unread", Timeout: 5 * time.Second, Username: "sluice",
		Password: func() (string, error) { return "", errors.New("open etcd-password: no such file") },
	}
	if _, err := Open(config); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("opened: %v", err)
	}
	config.Password = func() (string, error) { return "another", nil }
	if _, err := Open(config); err == nil || !strings.Contains(err.Error(), "authentication failed") {
		t.Errorf("opened with a wrong password: %v", err)
	}
}
