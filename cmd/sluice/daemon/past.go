package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/replica"
	"github.com/sluice-gitops/sluice/settings"
)

// ReadJournal opens the journal for reading, wherever the daemon's file says that it is. It must be closed. The error is
// fs.ErrNotExist when it is in a file and there is none.
func ReadJournal(s settings.Settings) (*record.View, error) {
	if !s.Journal.Etcd.Used() {
		return record.Read(s.Journal.Path)
	}
	etcd, err := openEtcd(s.Journal.Etcd)
	if err != nil {
		return nil, err
	}
	key, err := etcd.MarkKey(context.Background()) // which bounds it
	if err != nil {
		return nil, errors.Join(err, etcd.Close())
	}
	past, err := record.ReadStore(closing{etcd.Store(), etcd}, key)
	if err != nil {
		return nil, errors.Join(err, etcd.Close())
	}
	return past, nil
}

// VerifyJournal proves the chain of the journal. The error is fs.ErrNotExist when it is in a file and there is none.
func VerifyJournal(s settings.Settings) (record.Report, error) {
	if !s.Journal.Etcd.Used() {
		return record.Verify(s.Journal.Path)
	}
	etcd, err := openEtcd(s.Journal.Etcd)
	if err != nil {
		return record.Report{}, err
	}
	report, err := record.VerifyStore(etcd.Store())
	return report, errors.Join(err, etcd.Close())
}

// closing is a store with the connection that it needs.
type closing struct {
	record.Store
	io.Closer
}

func openEtcd(e settings.Etcd) (*replica.Etcd, error) {
	transport, err := admin.NewTransport(admin.TLS{CAFile: e.CAFile, CertFile: e.CertFile, KeyFile: e.KeyFile}, 1)
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	return replica.Open(replica.Config{
		Endpoints: e.Endpoints, Prefix: e.Prefix, TLS: transport.TLSClientConfig, Username: e.Username, Password: etcdPassword(e),
		Name: processName(), Lease: e.Lease, Timeout: e.Timeout,
	})
}

// etcdPassword reads the password when somebody logs in.
func etcdPassword(e settings.Etcd) func() (string, error) {
	return func() (string, error) {
		password, err := e.Password()
		return password.Reveal(), err
	}
}

// processName tells this process from others, for people.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + ":" + strconv.Itoa(os.Getpid())
}
