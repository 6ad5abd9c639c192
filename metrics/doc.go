// Package metrics says in numbers how the daemon fares, in the form that Prometheus reads. docs/metrics.md explains every one of them;
// a test holds the two together.
//
// Two kinds of numbers are here. What happens is counted as it happens: the reconciler tells of its stages and writes (reconciler.Meter),
// the clients of the gateways of their requests, the daemon of its fetches. What is, is asked when somebody reads: the state of the
// environments, the outbox, the journal. So a daemon that has just started shows the right state at once.
//
// Labels are names from the daemon's file and from the layout: environments, gateway groups, stages, operations, results. There is never
// a label with a commit, an author or a resource. The series of environments and groups that are gone go away.
package metrics
