package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/diag"
)

const (
	healthEvery = 2 * time.Second
	healthTime  = 10 * time.Second // for one instance
)

// health makes a check for each group of the wave.
func (p *preparation) health(pos diag.Pos) []*check {
	var checks []*check
	for _, group := range p.wave.Groups {
		healthy := p.config.Health[group]
		if healthy == nil && !p.offline {
			p.fault(pos, "no-health", "give its instances a statusURL in the daemon's file, or leave health out and probe it",
				"health of %s is not known: none of its instances can be asked", group)
		}
		checks = append(checks, &check{kind: ofHealth, group: group, every: healthEvery, attempt: func(ctx context.Context) outcome {
			if err := healthy(ctx); err != nil {
				return outcome{bad, oneLine(err.Error())}
			}
			return outcome{good, "ready"}
		}})
	}
	return checks
}

// Instances asks the status API of the instances of a gateway group. Its method Ready is what Config.Health takes.
type Instances struct {
	URLs      []string          // as http://eu-1:7085
	Transport http.RoundTripper // nil: http.DefaultTransport
}

// Ready returns nil when every instance says that all its workers have a configuration. Otherwise the error names each that does not,
// and why. Instances of before APISIX 3.13 say only that they run, and are taken at that. It is safe for use by several goroutines at
// once.
func (i Instances) Ready(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, healthTime)
	defer stop()
	faults := make([]error, len(i.URLs))
	var asked sync.WaitGroup
	for n, address := range i.URLs {
		asked.Go(func() { faults[n] = i.ready(ctx, strings.TrimRight(address, "/")) })
	}
	asked.Wait()
	var texts []string
	for _, err := range faults {
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}

func (i Instances) ready(ctx context.Context, address string) error {
	status, err := i.status(ctx, address+"/status/ready")
	if err == nil && status == http.StatusNotFound {
		status, err = i.status(ctx, address+"/status")
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: %s", address, reason(err))
	case status != http.StatusOK:
		return fmt.Errorf("%s is not ready: %d", address, status)
	}
	return nil
}

func (i Instances) status(ctx context.Context, address string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := (&http.Client{Transport: i.Transport, CheckRedirect: stay}).Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
