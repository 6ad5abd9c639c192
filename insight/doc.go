// Package insight answers what people ask a running daemon: what runs where, what became of a commit in an environment, what a gateway
// group has, who has changed what.
//
// Model reads the status of the reconciler, the journal and the mirror, and gives plain structs, which the page and the API both show.
// What costs little is answered from memory (Overview, Groups, History). What costs more is answered on demand, bounded and kept for a
// few seconds: differences are rendered from Git, live is read from the gateway.
//
// Nothing is written here, and no answer holds a secret: a value that is one shows as "***". Texts that others wrote (names, subjects,
// faults) are given as they are, and may hold anything: who shows them must escape them. What can't be read is said, in a field Why or
// as an error, and is never shown as empty.
package insight
