// Command release builds what a release holds into a directory: static binaries in archives, deb and rpm, the Helm chart, a bill of
// materials for each binary, and the check sums of all that.
//
// It builds everything twice, the second time from a copy at another place and with an empty build cache, and compares byte by byte.
// The exit status is 1 when a file differs, and the file is named.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	version := flag.String("version", "", "the version, as 1.2.3")
	platforms := flag.String("platforms", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64", "what to build for")
	dist := flag.String("dist", "dist", "where the release goes; what stands there is replaced")
	once := flag.Bool("once", false, "build once, and compare nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := release(ctx, os.Stderr, request{Version: *version, Platforms: strings.Split(*platforms, ","), Dist: *dist, Once: *once})
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
}

// request is what the command line asks for.
type request struct {
	Version   string // as 1.2.3, without v
	Platforms []string
	Dist      string
	Once      bool
}

// release builds in the current directory, the root of the checkout.
func release(ctx context.Context, progress io.Writer, r request) error {
	kit, err := begin(ctx, progress, r)
	if err != nil {
		return err
	}
	defer kit.close()
	first, err := kit.make(ctx, "first", ".", "")
	if err != nil {
		return err
	}
	if !r.Once {
		if err := kit.again(ctx, first); err != nil {
			return err
		}
	}
	if err := place(first, r.Dist); err != nil {
		return err
	}
	fmt.Fprintf(progress, "%s holds the release %s\n", r.Dist, r.Version)
	return nil
}
