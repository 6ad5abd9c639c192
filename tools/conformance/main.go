// Command conformance checks a running gateway against what Sluice counts on, and prints a table.
//
// The gateway is named by flags or by variables of the environment: ADMIN_URL, PROXY_URL, CONTROL_URL, WORKERS, BACKEND_ADDR,
// ALLOW_FOREIGN. The admin key comes from ADMIN_KEY or from the file ADMIN_KEY_FILE, never from a flag, which every process on the
// machine could read. Without ADMIN_URL the suite runs against embedded gateways. The exit status is 1 when a check failed.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/conformance"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "conformance: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	workers, err := strconv.Atoi(cmp.Or(os.Getenv("WORKERS"), "0"))
	if err != nil {
		return fmt.Errorf("read WORKERS: %w", err)
	}
	var target conformance.Target
	flag.StringVar(&target.AdminURL, "admin-url", os.Getenv("ADMIN_URL"), "the Admin API; none: embedded gateways")
	flag.StringVar(&target.ProxyURL, "proxy-url", os.Getenv("PROXY_URL"), "where requests are answered; none: no checks under traffic")
	flag.StringVar(&target.ControlURL, "control-url", os.Getenv("CONTROL_URL"), "the control API; none: no confirmed barriers")
	flag.IntVar(&target.Workers, "workers", workers, "how many processes serve there; 0: no confirmed barriers")
	flag.StringVar(&target.BackendAddr, "backend-addr", cmp.Or(os.Getenv("BACKEND_ADDR"), "127.0.0.1"), "an address of this machine that the gateway reaches")
	flag.BoolVar(&target.AllowForeign, "allow-foreign", os.Getenv("ALLOW_FOREIGN") != "", "run on a gateway that holds resources of others")
	flag.Parse()
	if target.AdminURL == "" {
		return runEmbedded(ctx, target)
	}
	key, err := adminKey()
	if err != nil {
		return err
	}
	target.AdminKey = key
	return runOne(ctx, target)
}

// adminKey reads the key from where other processes don't see it.
func adminKey() (gateway.Secret, error) {
	text := os.Getenv("ADMIN_KEY")
	if file := os.Getenv("ADMIN_KEY_FILE"); file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return gateway.Secret{}, fmt.Errorf("read admin key: %w", err)
		}
		text = string(data)
	}
	if text = strings.TrimSpace(text); text == "" {
		return gateway.Secret{}, errors.New("no admin key: set ADMIN_KEY or ADMIN_KEY_FILE")
	}
	return gateway.NewSecret("", text), nil
}
