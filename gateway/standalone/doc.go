// Package standalone reads and writes one gateway group of Apache APISIX in API-driven standalone mode: every instance holds
// the whole configuration as one document in memory, and has an Admin API of its own.
//
//	Live    looks at every instance; the newest document is the truth, and an instance that lost it or lags behind gets it back
//	Write   makes a new document of that one, checks it, and puts it on the first instance, then on the others
//	Settle  waits until every instance still has it, and gives it back to one that restarted meanwhile
//
// A document carries a version for each section (routes, services …), which may never go back: unchanged sections keep theirs,
// and unchanged items keep their index, so that an instance keeps their caches and the health of their nodes. What others have
// put into the document stays in it as it is.
//
// Unreadable is never empty: an instance that can't be asked is an error that names it. An older document is never put over a
// newer one. And a secret leaves the process only in a document and in the header that carries the admin key.
//
// The package decides nothing about order and ownership; it only does what it is told.
package standalone
