// Package strictyaml reads YAML without guessing, and keeps the place of everything it read.
//
// Parse refuses what YAML readers commonly let pass: duplicate keys, a second document, unknown tags, numbers that do not fit,
// alias bombs. It reports all faults at once, each with its place, a stable code and a hint. Decode fills Go structs from what
// Parse returned, Encode writes values in one fixed form. The package is the only one that knows the YAML library below, and
// it knows nothing of gateways.
package strictyaml
