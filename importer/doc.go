// Package importer writes a config repo for what exists already: the live state of gateway groups, or an ADC file.
//
// Import takes what was read of each gateway group and gives the files of a config repo that renders to just that. What several
// groups share can stand in layers that they inherit; what is secret is replaced by a reference and told apart. The package is
// pure: it reads no gateway and writes no file. It does not prove its own work either: whoever calls it renders the files and
// compares, since only the real renderer can tell what they come to.
package importer
