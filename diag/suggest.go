package diag

import "slices"

// Suggest returns the candidate that word was most likely meant to be, or "" when none is near: at most two letters wrong,
// and at most a third of the word.
func Suggest(word string, candidates []string) string {
	best, bestDistance := "", min(2, (len(word)+2)/3)+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(word, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// DidYouMean returns the hint `did you mean "x"?` for a near candidate, or otherwise.
func DidYouMean(word string, candidates []string, otherwise string) string {
	if near := Suggest(word, candidates); near != "" {
		return `did you mean "` + near + `"?`
	}
	return otherwise
}

// distance is the optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
