// Package feed hands on how commits have ended in environments, from the journal, to somebody who may be slow, down, or gone for a day.
//
// The journal is the queue: nothing waits in memory but what is being handed on. How far a listener has been told stands in the journal as
// well, so that a restart, or another leader, goes on where the last one was. An end whose telling was not put on record is told once
// more; each listener sees to it that this does no harm.
package feed
