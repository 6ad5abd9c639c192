package replica

import (
	"bytes"
	"crypto/rand"
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

func TestWhatIsTooLargeForEtcdIsLeftOut(t *testing.T) {
	noise := make([]byte, 2*mostPacked)
	_, _ = rand.Read(noise)
	if value := join(7, noise); value != "7\n" {
		t.Errorf("%d bytes are written", len(value))
	}
}

func TestSplitRefusesWhatIsNoTask(t *testing.T) {
	for _, value := range []string{"", "7", "x\n", "7\nnot packed", "\n"} {
		if _, _, err := split(value); err == nil {
			t.Errorf("%q was taken for a task", value)
		}
	}
}
