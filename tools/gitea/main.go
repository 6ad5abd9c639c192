// Command gitea builds the Gitea that end-to-end tests run against, unless it was built before, and prints where it is.
//
// It is built from its Go module, which takes some minutes, a C compiler and the Go module proxy; the binary is kept in the cache
// directory of the user. The exit status is 1 when it can't be built.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/sluice-gitops/sluice/forge/giteatest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	binary, err := giteatest.Build(ctx, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "gitea: %v\n", err)
		os.Exit(1)
	}
	fmt.Println(binary.Program)
}
