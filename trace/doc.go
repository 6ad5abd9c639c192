// Package trace says where the time of a commit goes, from its arrival to the last gateway group: one trace for each commit, sent to
// whoever takes OpenTelemetry's protocol over HTTP. It wraps the OpenTelemetry SDK, and is the only package that knows it.
//
// The trace of a commit has the first 32 digits of the commit's hash as its ID, so that nobody has to look it up, and every replica and
// every restart adds to the same one:
//
//	commit                      from the fetch that brought it to its end in the last environment
//	├─ fetch, load
//	├─ turn (test)              an environment in one pass
//	│  ├─ render, plan
//	│  └─ apply (test-eu)
//	│     └─ write …, barrier, read back
//	├─ verify (test, wave 1)
//	├─ turn (prod) …
//	└─ status (sluice/test) …
//
// The tracer travels in the context. Where there is none, Start costs one look into the context and nothing is kept: whoever starts a
// span need not know whether anybody wants it. Nothing here fails the work that is traced: what can't be sent is said in the log, and
// dropped.
package trace
