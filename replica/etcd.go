package replica

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
)

// Config says which etcd to use, and as whom. Endpoints and Name are needed; the rest has defaults.
type Config struct {
	Endpoints []string // https://HOST:2379, or http://
	Prefix    string   // of all keys; empty means /sluice
	TLS       *tls.Config
	Username  string // empty: nobody logs in
	// Password is asked at each login, so that it can be rotated; nil only without a Username. It may be called by several goroutines at once.
	Password func() (string, error)
	Name     string        // of this process, for people who ask who leads
	Lease    time.Duration // how long a leader that is silent stays leader; zero means 15 s, less than 2 s is 2 s
	Timeout  time.Duration // for one request; zero means 5 s
	Log      *zap.Logger   // nil: none
}

// The bounds and defaults of a Config.
const (
	DefaultPrefix  = "/sluice"
	DefaultLease   = 15 * time.Second
	DefaultTimeout = 5 * time.Second
	ShortestLease  = 2 * time.Second // etcd itself grants no shorter one
)

// Etcd is a connection to the etcd that replicas share. It is safe for use by several goroutines at once.
type Etcd struct {
	config Config
	client *clientv3.Client
}

// Open connects. Without a user it speaks to nobody yet, so etcd may be down; with one, etcd must answer.
func Open(config Config) (*Etcd, error) {
	config.Prefix = strings.TrimRight(cmp.Or(config.Prefix, DefaultPrefix), "/")
	config.Lease = max(cmp.Or(config.Lease, DefaultLease), ShortestLease)
	config.Timeout = cmp.Or(config.Timeout, DefaultTimeout)
	settings := clientv3.Config{
		Endpoints: config.Endpoints, TLS: config.TLS,
		DialTimeout: config.Timeout, DialKeepAliveTime: config.Timeout, DialKeepAliveTimeout: config.Timeout,
		// What goes wrong is returned, and said once by whoever asked.
		Logger: zap.NewNop(),
	}
	if config.Username != "" {
		settings.Username, settings.Password = config.Username, later
		settings.DialOptions = []grpc.DialOption{grpc.WithChainUnaryInterceptor(config.login)}
	}
	client, err := clientv3.New(settings)
	if err != nil {
		return nil, fmt.Errorf("connect to etcd %s: %w", strings.Join(config.Endpoints, ", "), err)
	}
	return &Etcd{config: config, client: client}, nil
}

// Close ends the connection. A term that is not closed ends with its lease.
func (e *Etcd) Close() error { return e.client.Close() }

// within bounds one request.
func (e *Etcd) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, e.config.Timeout)
}

func (e *Etcd) leaderKey() string { return e.config.Prefix + "/leader" }
