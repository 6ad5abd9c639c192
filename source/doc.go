// Package source follows one branch of one config repo and hands out immutable snapshots.
//
// A Repository keeps a bare mirror on disk: full history, one branch, no work tree. Latest asks the remote for the head (an
// ls-remote), fetches only when it moved, and returns the tree of that one commit as an fs.FS that is read straight from
// the object store. A ref is resolved to a hash once; from then on only hashes travel.
//
//	remote ──session──▶ mirror (packs, one ref) ──objects──▶ tree (fs.FS of one commit)
//	       advertise            swapped whole          one handle, one mutex,
//	       fetch                when it breaks         every hash checked
//
// Unreadable is never empty: a tree or a blob that can't be read is an error that names the path and the hash. A mirror that
// turns out to be broken is cloned anew beside and swapped. The package never uses go-git's TreeWalker, Tree.Files, DiffTree,
// work trees or shallow clones, because those turn a missing object into a short list.
//
// Merge, Revert and Edit work on trees in memory, line by line where both sides have changed a file, and write nothing. What they make can be
// read as any snapshot, its hashes are those that Git would give, and Push sends it to a branch of its own. Heads of pull requests come
// into the mirror beside the branch, under refs/sluice/pull.
//
// Network: every byte comes through a connection that the deadline closes. Nothing goes on in the background after a call
// has returned, save the goroutines of Watch, which end with its context.
package source
