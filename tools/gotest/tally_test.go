package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	events := strings.Join([]string{
		`{"Action":"build-output","ImportPath":"p/broken","Output":"broken.go:1: no\n"}`,
		`{"Action":"run","Package":"p","Test":"TestGood"}`,
		`{"Action":"output","Package":"p","Test":"TestGood","Output":"not shown\n"}`,
		`{"Action":"pass","Package":"p","Test":"TestGood"}`,
		`{"Action":"output","Package":"p","Test":"TestBad","Output":"    bad_test.go:3: 1 is not 2\n"}`,
		`{"Action":"fail","Package":"p","Test":"TestBad"}`,
		`{"Action":"output","Package":"p","Test":"TestFar","Output":"=== RUN   TestFar\n"}`,
		`{"Action":"output","Package":"p","Test":"TestFar","Output":"    far_test.go:9: no server is given\n"}`,
		`{"Action":"output","Package":"p","Test":"TestFar","Output":"--- SKIP: TestFar (0.00s)\n"}`,
		`{"Action":"skip","Package":"p","Test":"TestFar"}`,
		`{"Action":"run","Package":"p","Test":"TestLong"}`,
		`{"Action":"run","Package":"p","Test":"TestLong/part"}`,
		`{"Action":"output","Package":"p","Test":"TestLong/part","Output":"goroutine 7 [chan receive]\n"}`,
		`{"Action":"output","Package":"p","Output":"panic: late\n"}`,
		`{"Action":"fail","Package":"p","Elapsed":1.25}`,
		`{"Action":"skip","Package":"p/empty"}`,
		`not an event`,
		"",
	}, "\n")
	var out strings.Builder
	totals := newTally(&out)
	if err := totals.read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	totals.print()
	want := `broken.go:1: no
    bad_test.go:3: 1 is not 2
panic: late
failed p.TestLong: it did not end
goroutine 7 [chan receive]
failed p.TestLong/part: it did not end
fail p 1.2s
not an event
skipped p.TestFar: far_test.go:9: no server is given
1 passed, 3 failed, 1 skipped
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}
