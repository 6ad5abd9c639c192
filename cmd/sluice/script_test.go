package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be sluice itself, so that scripts run the real main in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sluice": main})
}

var update = flag.Bool("update", false, "rewrite the wanted output in the scripts")

// TestScripts runs testdata/script/*.txtar. Each script says in its first line what it shows.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("NOT TESTED: no script runs, because git is not installed here")
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Values[benchKey{}] = newBench(env)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"commit": commit, "revert": revert,
			"gateway": gatewayVerb, "daemon": daemonVerb, "until": until,
			"get": get, "mask": mask, "expand": expand, "exits": exits, "tamper": tamper,
			"quiet": quiet, "quiet-routes": quietRoutes, "unseen": unseen, "vault": vaultVerb,
			"backend": backend, "metric": metric, "shares": shares,
		},
		UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// bench holds what one script has started.
type bench struct {
	gateways map[string]*testGateway
	daemons  map[string]*testDaemon
	metrics  map[string]*testMetric
	commits  int
}

type benchKey struct{}

func newBench(env *testscript.Env) *bench {
	b := &bench{gateways: map[string]*testGateway{}, daemons: map[string]*testDaemon{}, metrics: map[string]*testMetric{}}
	for name, value := range map[string]string{
		"GORACE": "atexit_sleep_ms=0", // the race detector would hold every process for a second
		"TZ":     "UTC", "GATEWAY_KEY": adminKey, "SHOP_NAME": "canary-env", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.DevNull,
		"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@acme.example",
		"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@acme.example",
	} {
		env.Setenv(name, value)
	}
	env.Defer(b.close)
	return b
}

func (b *bench) close() {
	for _, d := range b.daemons {
		d.end()
	}
	for _, g := range b.gateways {
		g.end()
	}
}

func benchOf(ts *testscript.TestScript) *bench { return ts.Value(benchKey{}).(*bench) }

// arguments ends the script unless a verb has between least and most of them.
func arguments(ts *testscript.TestScript, args []string, least, most int, usage string) {
	if len(args) < least || len(args) > most {
		ts.Fatalf("usage: %s", usage)
	}
}
