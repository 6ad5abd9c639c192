// Package render merges the layers of an environment into the desired state of one gateway group.
//
// A Renderer reads fragments, merges them layer by layer, puts in variables and run-time values, and checks what comes out:
// fields that the group's gateway would refuse, dangling references, routes in conflict, certificates that don't fit. Every
// field of the result knows where it was written and what it overrides. Rendering is deterministic and does no I/O but reading
// the snapshot it is given.
//
// The laws of layers:
//
//   - Maps merge by key; lists and single values are replaced. The result does not depend on the order of files in a layer.
//   - Without tags, merging is associative: layers may be grouped into one without a change in the result. !reset, !override
//     and !append speak of all layers below them, so their place in the order matters.
//   - Variables are merged first, over all layers; every layer then sees the same values.
//   - A value that is overridden is not evaluated: only what reaches the state may miss a variable or a secret.
//
// What did not change between two commits is not read, parsed or rendered again, as far as the snapshot knows its hashes.
package render
