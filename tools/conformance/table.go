package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/conformance"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// errFailed ends the program when a check failed: the table says which.
var errFailed = errors.New("the gateway does not conform")

// runOne checks one gateway and prints a row for each check as it comes.
func runOne(ctx context.Context, target conformance.Target) error {
	counts := map[conformance.Outcome]int{}
	fmt.Printf("%-44s %-8s %9s  %s\n", "CHECK", "RESULT", "TOOK", "NOTE")
	_, err := conformance.Run(ctx, target, func(r conformance.Result) {
		counts[r.Outcome]++
		row := fmt.Sprintf("%-44s %-8s %9s  %s", r.Check, r.Outcome, r.Took.Round(time.Millisecond), strings.ReplaceAll(r.Note, "\n", " "))
		fmt.Println(strings.TrimRight(row, " "))
	})
	fmt.Printf("%d passed, %d failed, %d skipped\n", counts[conformance.Passed], counts[conformance.Failed], counts[conformance.Skipped])
	if counts[conformance.Failed] > 0 {
		err = errors.Join(err, errFailed)
	}
	return err
}

// runEmbedded shows the suite on gateways of this process.
func runEmbedded(ctx context.Context, target conformance.Target) error {
	fmt.Println("No ADMIN_URL is given: the suite runs against embedded gateways.")
	var errs []error
	for _, version := range []string{"3.18.0", "3.13.0"} {
		fmt.Printf("\nAPISIX %s, embedded\n\n", version)
		errs = append(errs, runVersion(ctx, version, target))
	}
	return errors.Join(errs...)
}

func runVersion(ctx context.Context, version string, target conformance.Target) error {
	key := rand.Text()
	const workers = 2
	gw, err := embedded.Start(embedded.Config{AdminKey: key, Workers: workers, Version: version, ProxyAddr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	target.AdminURL, target.AdminKey = gw.AdminURL(), gateway.NewSecret("", key)
	target.ProxyURL, target.ControlURL, target.Workers = gw.ProxyURL(), gw.ControlURL(), workers
	return errors.Join(runOne(ctx, target), gw.Close())
}
