package main

import (
	"strings"
	"testing"
)

func TestMeasurement(t *testing.T) {
	tests := []struct {
		line, name string
		nano       float64
	}{
		{"BenchmarkPut-2  \t  3\t 376103 ns/op\t 12 B/op", "Put", 376103},
		{"BenchmarkRender/resources=10000/one-file-changed-2   1  54328583 ns/op  1.000 files-parsed/op", "Render/resources=10000/one-file-changed", 54328583},
		{"BenchmarkPut   1  0.5 ns/op", "Put", 0.5},
		{"PASS", "", 0},
	}
	for _, test := range tests {
		if name, nano, _ := measurement(test.line); name != test.name || nano != test.nano {
			t.Errorf("%q: %q %v, want %q %v", test.line, name, nano, test.name, test.nano)
		}
	}
}

func TestPeaks(t *testing.T) {
	var out strings.Builder
	printPeaks(&out, amounts("BenchmarkFleetRSS/all-vary-2   1  85757889569 ns/op   217.0 cold-MiB   83.00 kept-MiB"))
	for _, want := range []string{"217  peak of", "83   what it keeps", "-    the same after a pass with nothing to do: FleetRSS/all-vary was not measured"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

func TestRatios(t *testing.T) {
	var out strings.Builder
	printRatios(&out, map[string]float64{"Put": 300, "PutBare": 200})
	for _, want := range []string{"1.500  write 1,000 routes", "Parse/strict or Parse/bare was not measured"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
