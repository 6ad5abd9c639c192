// Package page draws what the daemon knows as HTML: what runs where, what became of a commit in an environment, a gateway group held
// against its commit, the history, and what differs between two environments.
//
// Everything is rendered on the server and can be read and filtered without a script. With one, parts that cost something are loaded
// when the rest stands, and what changes is changed in place. Nothing is written here: the forms lead to the acts of the API. The package
// decides about nobody's access; it is told who looks.
//
// Nothing on a page stands inline, no script, no style and no handler, so that the strictest content security policy holds. Names and texts
// of others are escaped, set apart from their surroundings and cut where they are endless.
package page
