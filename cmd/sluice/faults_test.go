package main

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/sluice-gitops/sluice/diag"
)

// TestFaultTextGrowsWithTheFaults holds that four times the faults take about four times the memory, not sixteen times.
func TestFaultTextGrowsWithTheFaults(t *testing.T) {
	a := &app{stderr: &bytes.Buffer{}}
	took := func(n int) uint64 {
		faults := make(diag.List, n)
		for i := range faults {
			faults[i] = diag.Diagnostic{Pos: diag.Pos{File: "x.yaml", Line: i + 1, Col: 1}, What: "unknown field", Hint: "remove it"}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a.faultText(faults)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if one, four := took(2000), took(8000); four > 8*one {
		t.Errorf("2,000 faults took %d bytes and 8,000 took %d", one, four)
	}
}
