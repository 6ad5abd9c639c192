// Package etcdtest runs real etcd servers for tests. The server is built from its own module, which stands in testdata/etcd so that
// the product's go.mod stays lean.
package etcdtest
