// Package reconciler conducts: it decides when a pass runs, in what order the environments and their gateway groups get their
// turn, and what comes next.
//
// Once is one pass over the newest commit, Run is the loop around it. Each package of the pipeline is called from here and
// from nowhere else:
//
//	source → environments → render → plan → apply → record
//
// An environment opens when every environment that it comes after has applied the same commit. Its gateway groups follow wave
// by wave. A fault, a guard or a gateway out of reach stops the environment that it is in and those that come after it, never
// a sibling. The newest commit wins between environments and between waves, never in the middle of one.
package reconciler
