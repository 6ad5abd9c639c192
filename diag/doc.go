// Package diag says what is wrong, where, and how to mend it.
//
// A Diagnostic names one fault in a file that a person wrote. A List holds all faults of one piece of work, so that they are
// reported together and not one a run. The package knows nothing of gateways or Git; every stage of the pipeline uses it.
package diag
