// Package environments reads the layout of a config repo: which environments there are, from which layers each is made, in
// which order they follow each other, and which gateway groups they own.
//
// Load flattens inheritance and refuses what can't hold: cycles, parents that do not exist, a gateway group with two owners,
// symlinks. A fault in one environment stays with that environment. The package does not look into fragments; the render
// package does.
package environments
