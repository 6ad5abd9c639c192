// Package replica lets several daemons share one journal in etcd, of which one at a time acts: the leader.
//
// An Etcd is the connection. Campaign waits until no other process leads and returns a Term, the time for which this one does. The
// journal (Store) takes a line only while etcd agrees that the term lasts, so a leader that was frozen and wakes
// can record nothing. Gateways know nothing of etcd: there the leader's own clock decides, before each piece that it sends
// (Fence). docs/decisions/0014-leader-by-lease.md says what that leaves open.
//
// Where replicas share the work, a Crew holds gateway groups and does the tasks that the Desk of the leader puts there
// (docs/decisions/0018-groups-over-replicas.md). A group has one holder, whose connections are fenced as those of a leader.
//
// The package decides nothing about what a leader does, and knows nothing of gateways or commits.
package replica
