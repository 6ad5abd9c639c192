package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
)

// Target is the gateway to check. AdminURL and AdminKey are needed; checks that need one of the others are left out without it.
type Target struct {
	AdminURL   string         // as http://127.0.0.1:9180; without a path /apisix/admin is meant
	AdminKey   gateway.Secret // of a key that may write
	ProxyURL   string         // where requests are answered, as http://127.0.0.1:9080
	ControlURL string         // the control API of the only data plane, as http://127.0.0.1:9090
	Workers    int            // how many processes serve there; 0 when nobody knows
	// BackendAddr is an address of this machine that the gateway reaches; empty means 127.0.0.1. Backends listen there.
	BackendAddr string
	// Settle is the wait where the data plane can't be asked whether it has taken a change; zero means 1 s.
	Settle time.Duration
	// AllowForeign lets the suite run on a gateway that holds resources of others. They are not touched, and what would act on
	// their traffic is left out.
	AllowForeign bool
}

// Result is the outcome of one check.
type Result struct {
	Check   string
	Outcome Outcome
	Took    time.Duration
	Note    string // why it failed or was left out; may be empty
}

// Outcome says how a check ended. The zero value is not an outcome.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // the gateway has not got what the check is about, or an address is not given
)

// Prefix begins the id of everything that the suite makes, but for plugin metadata, whose id is the name of a plugin, and what
// stands in for a resource while it changes. Those have it in their bodies.
const Prefix = "sluice_conformance_"

// ErrForeign says that the gateway holds resources that the suite did not make.
var ErrForeign = errors.New("the gateway holds resources of others")

// Run carries out all checks, one after the other, and tells each outcome as it comes; observe may be nil. It cleans up after
// itself, also when ctx ends. The error says why the suite could not be run, or not to its end, or not be cleaned up; failed checks
// are no error.
func Run(ctx context.Context, target Target, observe func(Result)) (results []Result, err error) {
	s, err := newSuite(target)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer func() {
		// The end of ctx must not keep what was made on the gateway.
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if e := s.clean(clean); e != nil {
			err = errors.Join(err, fmt.Errorf("clean up: %w", e))
		}
	}()
	for _, c := range s.checks() {
		if ctx.Err() != nil {
			break
		}
		result := s.run(ctx, c)
		if ctx.Err() != nil && result.Outcome == Failed {
			continue // it was cut off, which says nothing of the gateway
		}
		results = append(results, result)
		if observe != nil {
			observe(result)
		}
	}
	if ctx.Err() != nil {
		return results, fmt.Errorf("stopped: %w", context.Cause(ctx))
	}
	return results, nil
}

// suite is one run against one gateway.
type suite struct {
	target   Target
	client   *apisix.Gateway
	base     string // the Admin API with its path
	http     *http.Client
	defaults gateway.Defaults
	version  string
	plugins  map[string]bool
	foreign  gateway.State        // what was there before
	made     map[gateway.Key]bool // what may have to be removed
}

func newSuite(target Target) (*suite, error) {
	target.BackendAddr = cmp.Or(target.BackendAddr, "127.0.0.1")
	config := apisix.Config{
		Name: "conformance", AdminURL: target.AdminURL, AdminKey: func() (gateway.Secret, error) { return target.AdminKey, nil },
		SettleTime: target.Settle,
	}
	if target.ControlURL != "" {
		config.Instances = []apisix.Instance{{ControlURL: target.ControlURL, Workers: target.Workers}}
	}
	client, err := apisix.New(config)
	if err != nil {
		return nil, err
	}
	base := strings.TrimRight(target.AdminURL, "/")
	if strings.Count(base, "/") == 2 {
		base += "/apisix/admin"
	}
	return &suite{
		target: target, client: client, base: base, http: &http.Client{Timeout: 30 * time.Second}, made: map[gateway.Key]bool{},
	}, nil
}

// begin looks at the gateway, and removes what an earlier run left.
func (s *suite) begin(ctx context.Context) error {
	live, err := s.client.Live(ctx)
	if err != nil {
		return err
	}
	s.foreign = gateway.State{}
	for key, resource := range live {
		if ours(resource) {
			s.made[key] = true
		} else {
			s.foreign[key] = resource
		}
	}
	if len(s.foreign) > 0 && !s.target.AllowForeign {
		return fmt.Errorf("%w: %d, such as %s\n\thint: use a gateway of its own, or allow it: nothing of theirs is touched",
			ErrForeign, len(s.foreign), s.foreign.Keys()[0])
	}
	if err := s.clean(ctx); err != nil {
		return fmt.Errorf("remove what an earlier run left: %w", err)
	}
	if s.version, err = s.client.Version(ctx); err != nil {
		return err
	}
	if s.defaults, err = s.client.Defaults(ctx); err != nil {
		return err
	}
	return s.readPlugins(ctx)
}

// clean removes what was made, what refers to others first.
func (s *suite) clean(ctx context.Context) error {
	var errs []error
	keys := keysOf(s.made)
	for i := len(keys) - 1; i >= 0; i-- {
		if err := s.client.Delete(ctx, keys[i]); err != nil {
			errs = append(errs, err)
			continue
		}
		delete(s.made, keys[i])
	}
	return errors.Join(errs...)
}

func keysOf(set map[gateway.Key]bool) []gateway.Key {
	state := gateway.State{}
	for key := range set {
		state[key] = gateway.Resource{}
	}
	return state.Keys()
}
