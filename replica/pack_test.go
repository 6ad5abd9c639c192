package replica

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitTakesApartWhatJoinPacks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number, text := rapid.Int64().Draw(t, "number"), rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		again, unpacked, err := split(join(number, text))
		if err != nil || again != number || !bytes.Equal(text, unpacked) {
			t.Fatalf("%d %q became %d %q, %v", number, text, again, unpacked, err)
		}
	})
}

func TestCut(t *testing.T) {
	for name, c := range map[string]struct{ size, parts int }{
		"one key":   {mostPacked, 1},
		"two keys":  {mostPacked + 1, 2},
		"full":      {mostParts * mostPacked, mostParts},
		"too large": {mostParts*mostPacked + 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			parts := cut(strings.Repeat("x", c.size))
			if len(parts) != c.parts || c.parts > 0 && len(strings.Join(parts, "")) != c.size {
				t.Errorf("%d bytes became %d parts", c.size, len(parts))
			}
		})
	}
}

func TestSplitRefusesWhatIsNoTask(t *testing.T) {
	for _, value := range []string{"", "7", "x\n", "7\nnot packed", "\n"} {
		if _, _, err := split(value); err == nil {
			t.Errorf("%q was taken for a task", value)
		}
	}
}
