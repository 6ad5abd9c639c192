package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// statusIs asks the daemon whether an environment is in a state, at a commit when one is given.
func statusIs(url, environment, state, commit string) error {
	code, body, err := fetch(url + "/api/v1/status")
	if err != nil {
		return err
	}
	if code != 200 {
		return fmt.Errorf("status %d: %s", code, body)
	}
	var status reconciler.Status
	if err := json.Unmarshal([]byte(body), &status); err != nil {
		return err
	}
	env, ok := status.Environment(environment)
	if !ok || env.State != state || commit != "" && env.Target != commit {
		return fmt.Errorf("it is:\n%s", body)
	}
	return nil
}

func answers(url, want string) error {
	code, body, err := fetch(url)
	if err != nil {
		return err
	}
	return holds(strconv.Itoa(code) == want, fmt.Sprintf("it is %d: %s", code, body))
}

func liveText(ts *testscript.TestScript, g *testGateway) string {
	live, err := g.client.Live(context.Background())
	ts.Check(err)
	var text strings.Builder
	ts.Check(strictyaml.Encode(&text, live.Fragment()))
	return text.String()
}
