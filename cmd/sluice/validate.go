package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/openapi"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/verify"
)

func (a *app) validateCommand() *cobra.Command {
	var repo, output string
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Find every fault in the config repo, offline",
		Args:  takes(),
		RunE:  func(*cobra.Command, []string) error { return a.validate(repo, output) },
	}
	repoFlag(cmd, &repo)
	outputFlag(cmd, &output, "text", "json", "yaml", "sarif", "github", "gitlab")
	return cmd
}

func (a *app) validate(repo, output string) error {
	o, err := openOffline(repo)
	faults, isFaults := errors.AsType[diag.List](err)
	switch {
	case err == nil:
		faults = o.faults()
	case !isFaults:
		return err
	}
	if output == "text" {
		return a.verdict(o, faults)
	}
	if err := a.reportFaults(output, repo, faults); err != nil {
		return err
	}
	if faults.HasErrors() {
		return errSilent
	}
	return nil
}

// reportFaults writes the faults for machines.
func (a *app) reportFaults(format, repo string, faults diag.List) error {
	report := report{at: pathInCheckout(repo), faults: atPins(faults)}
	switch format {
	case "sarif":
		return a.write("json", report.sarif())
	case "gitlab":
		return a.write("json", report.gitlab())
	case "github":
		_, err := io.WriteString(a.stdout, report.github())
		return err
	}
	return a.write(format, faultDocument(faults))
}

// verdict writes the faults for people, or says that there are none.
func (a *app) verdict(o *offline, faults diag.List) error {
	if err := faults.Err(); err != nil {
		return err
	}
	verdict := "no faults"
	if len(faults) > 0 {
		fmt.Fprintln(a.stderr, a.faultText(faults))
		verdict = count(len(faults), "warning")
	}
	_, err := fmt.Fprintf(a.stdout, "%s, %s: %s\n",
		count(len(o.tree.Environments), "environment"), count(o.groups(), "gateway group"), verdict)
	return err
}

// faults renders everything and gathers what is wrong, each fault once.
func (o *offline) faults() diag.List {
	var faults diag.List
	faults.Add(o.tree.Faults...)
	contracts, unread := openapi.LoadContracts(o.fs)
	faults.Add(unread...)
	var services []string
	for _, env := range o.tree.Environments {
		faults.Add(env.Faults...)
		if env.Faults.HasErrors() {
			continue
		}
		for _, group := range env.Groups() {
			state, found := o.render(env, group)
			faults.Add(found...)
			if !found.HasErrors() {
				faults.Add(o.policies.Check(env.Name, group, state, time.Now())...)
				faults.Add(contracts.Check(env.Name, state)...)
				services = append(services, servicesOf(state)...)
			}
			faults.Add(render.Expiring(state, time.Now().Unix())...)
		}
		faults.Add(verify.Syntax(verify.Wave{FS: o.fs, Tree: o.tree, Environment: env, Groups: env.Groups(), Renderer: o.renderer})...)
	}
	if !faults.HasErrors() { // else the services are not known for sure
		environments, _ := o.tree.Names()
		faults.Add(contracts.CheckNames(environments, services)...)
	}
	return faults.Sorted()
}

func servicesOf(state gateway.State) []string {
	var ids []string
	for key := range state {
		if key.Kind == gateway.Services {
			ids = append(ids, key.ID)
		}
	}
	return ids
}

func (o *offline) groups() int {
	n := 0
	for _, env := range o.tree.Environments {
		n += len(env.Groups())
	}
	return n
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// fault is one line of `validate -o json` (docs/cli.md).
type fault struct {
	diag.Pos
	Code     string    `json:"code"`
	What     string    `json:"what"`
	Hint     string    `json:"hint"`
	Severity string    `json:"severity"`
	Also     []related `json:"also,omitempty"`
}

// related is another place that a fault speaks of.
type related struct {
	diag.Pos
	What string `json:"what"`
}

func faultDocument(list diag.List) map[string][]fault {
	faults := []fault{}
	for _, d := range list {
		one := fault{Pos: d.Pos, Code: d.Code, What: d.What, Hint: d.Hint, Severity: d.Severity.String()}
		for _, also := range d.Also {
			one.Also = append(one.Also, related{Pos: also.Pos, What: also.What})
		}
		faults = append(faults, one)
	}
	return map[string][]fault{"faults": faults}
}
