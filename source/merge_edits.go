package source

import (
	"bytes"
	"slices"
)

// edit says that the lines [from, to) of one text are replaced by so many lines in another one.
type edit struct{ from, to, with int }

// mostEdits bounds how far two texts may differ to be told apart line by line. Beyond it all that lies between their common beginning and
// end counts as one edit: a merge then finds a conflict sooner, and never a wrong result.
const mostEdits = 1000

// edits returns a shortest list of edits that makes b of a, in order. No two of them touch.
func edits(a, b [][]byte) []edit {
	start := 0
	for start < min(len(a), len(b)) && bytes.Equal(a[start], b[start]) {
		start++
	}
	end := 0
	for end < min(len(a), len(b))-start && bytes.Equal(a[len(a)-1-end], b[len(b)-1-end]) {
		end++
	}
	a, b = a[start:len(a)-end], b[start:len(b)-end]
	if len(a) == 0 && len(b) == 0 {
		return nil
	}
	steps, known := shortest(number(a, b))
	if !known {
		return []edit{{start, start + len(a), len(b)}}
	}
	return joined(steps, start)
}

// number gives equal lines equal numbers: they are compared often.
func number(a, b [][]byte) (x, y []int) {
	known := map[string]int{}
	of := func(lines [][]byte) []int {
		numbers := make([]int, len(lines))
		for i, line := range lines {
			n, seen := known[string(line)]
			if !seen {
				n = len(known)
				known[string(line)] = n
			}
			numbers[i] = n
		}
		return numbers
	}
	return of(a), of(b)
}

// step removes a line of a, or adds one of b, at a place in a.
type step struct {
	at  int
	add bool
}

// shortest is Myers' greedy algorithm: the furthest that is reached on each diagonal, edit by edit. It is not known when it takes too many.
func shortest(a, b []int) (steps []step, known bool) {
	offset := min(len(a)+len(b), mostEdits) + 1
	reached := make([]int, 2*offset+1)
	var trace [][]int
	for d := 0; d < offset; d++ {
		trace = append(trace, slices.Clone(reached[offset-d:offset+d+1]))
		for k := -d; k <= d; k += 2 {
			x := reached[offset+k-1] + 1
			if k == -d || k != d && reached[offset+k-1] < reached[offset+k+1] {
				x = reached[offset+k+1]
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			reached[offset+k] = x
			if x >= len(a) && x-k >= len(b) {
				return back(trace, len(a), len(b)), true
			}
		}
	}
	return nil, false
}

// back follows the trace from the end to the beginning.
func back(trace [][]int, x, y int) []step {
	var steps []step
	for d := len(trace) - 1; d > 0; d-- {
		k := x - y
		at := func(diagonal int) int { return trace[d][diagonal+d] }
		before := k - 1
		if k == -d || k != d && at(k-1) < at(k+1) {
			before = k + 1
		}
		x = at(before)
		y = x - before
		steps = append(steps, step{at: x, add: before == k+1})
	}
	slices.Reverse(steps)
	return steps
}

// joined puts steps that touch into one edit.
func joined(steps []step, start int) []edit {
	var all []edit
	for _, s := range steps {
		at := start + s.at
		if len(all) == 0 || all[len(all)-1].to != at {
			all = append(all, edit{from: at, to: at})
		}
		last := &all[len(all)-1]
		if s.add {
			last.with++
		} else {
			last.to++
		}
	}
	return all
}
