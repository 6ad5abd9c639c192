package main

import (
	"fmt"
	"os"

	"github.com/sluice-gitops/sluice/importer"
)

// readADC reads an ADC file as the gateway group that it would fill.
func (a *app) readADC(i imports) ([]importer.Group, error) {
	data, err := os.ReadFile(i.adc)
	if err != nil {
		return nil, fmt.Errorf("read ADC file: %w", err)
	}
	state, faults := importer.ADC(i.adc, data)
	if faults.HasErrors() {
		return nil, faults.Sorted()
	}
	if len(faults) > 0 {
		fmt.Fprintln(a.stderr, a.faultText(faults.Sorted()))
	}
	return []importer.Group{{Name: i.group, Environment: i.env, Live: state}}, nil
}
