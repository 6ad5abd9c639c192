// Package trust says whether a commit was signed by somebody on a list.
//
// The list is a directory of public keys: OpenPGP (armored or binary) and SSH (as in authorized_keys or allowed_signers). It is
// read anew at each check, so that a key can be added or taken back while the daemon runs. Nothing else is trusted: no key server,
// no agent, no key that came with the commit.
package trust
