package preview

import (
	"testing"
	"time"
)

// TestASeriesOfMergesIsLookedAtOnce: while the branch moves, what is open is not planned anew for each of its heads; and not never.
func TestASeriesOfMergesIsLookedAtOnce(t *testing.T) {
	tests := []struct {
		name  string
		moves []int // the seconds at which the branch moves
		until int
		want  []int // the seconds at which it is looked at first
	}{
		{"it stands still", []int{0}, 20, []int{3}},
		{"a series", []int{0, 1, 2, 3, 4, 5}, 20, []int{8}},
		{"two moves far apart", []int{0, 10}, 20, []int{3, 13}},
		{"it never stands still", []int{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34}, 36, []int{30}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			begun, at, looked := time.Unix(0, 0), "", ""
			var p pace
			var got []int
			for second := range tt.until {
				for _, move := range tt.moves {
					if move == second {
						at = time.Duration(move).String()
					}
				}
				if p.settled(at, begun.Add(time.Duration(second)*time.Second)) && at != looked {
					looked = at
					got = append(got, second)
				}
			}
			if len(got) != len(tt.want) {
				t.Fatalf("looked at %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("looked at %v, want %v", got, tt.want)
				}
			}
		})
	}
}
