// Package record is the journal: what was applied where, by which commit, and the outbox of commit statuses to be posted.
//
// A Journal is one append-only file of JSON lines, each chained to the one before by SHA-256 and synced before the call
// returns. An entry is begun before the first write to a gateway and finished after the last, so a crash in between is seen
// on the next start. DESIGN.md beside this file has the format and the crash cases.
//
// The package does not rotate or shorten the file, and it posts no statuses itself. Its types have no place for a value of
// the configuration, so no secret can reach the file through them; Error and Hint hold what the caller says.
package record
