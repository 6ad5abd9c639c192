package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/importer"
)

// wrote is what was written beside the files of the config repo.
type wrote struct {
	secrets int
	schemas []string
}

// reportImport proves what was written, and says what comes next. Files that are not proven are kept, for a person to mend.
func (a *app) reportImport(i imports, what holdings, repo importer.Repo, done wrote) error {
	proofs, faults := proveRepo(os.DirFS(i.to), what.groups, repo)
	fmt.Fprintf(a.stdout, "%s: %s written.\n", i.to, count(len(repo.Files), "file"))
	if len(done.schemas) > 0 {
		fmt.Fprintf(a.stdout, "What the gateways take is in %s.\n", strings.Join(done.schemas, ", "))
	}
	fmt.Fprintln(a.stdout)
	good := true
	for _, p := range proofs {
		good = p.report(a.stdout) && good
	}
	if len(faults) > 0 {
		fmt.Fprintln(a.stderr, a.faultText(faults.Sorted()))
	}
	if err := a.reportSecrets(i, repo, done.secrets); err != nil {
		return err
	}
	if !good {
		fmt.Fprintf(a.stderr, "sluice: it is not proven that the config repo in %s says what the gateways hold; its files are kept\n", i.to)
		return errSilent
	}
	a.nextSteps(i, what)
	return nil
}

// reportSecrets lists what the daemon has to be given.
func (a *app) reportSecrets(i imports, repo importer.Repo, written int) error {
	if len(repo.Secrets) == 0 && len(repo.Env) == 0 {
		return nil
	}
	fmt.Fprintf(a.stdout, "\nThe files name %s that they do not hold; %s lists them:\n", count(len(repo.Secrets), "secret"), "secrets.md")
	for _, use := range repo.Secrets {
		place := use.Places[0].Key.String() + " " + use.Places[0].Path.String()
		state := "known: in " + i.secretsDir
		if i.secretsDir == "" {
			state = "known: --secrets-dir DIR writes it"
		}
		if !use.Value.Resolved() {
			state = "TO BE SUPPLIED"
		}
		fmt.Fprintf(a.stdout, "    %s  (%s)  %s\n", use.Name, place, state)
	}
	if written > 0 {
		fmt.Fprintf(a.stdout, "%s written to %s, which nobody else can read.\n", count(written, "secret"), i.secretsDir)
	}
	fmt.Fprintf(a.stdout, "\nThe daemon's own file gives them:\n\n")
	if globs := secretGlobs(repo.Secrets); len(globs) > 0 || len(repo.Env) > 0 {
		fmt.Fprintf(a.stdout, "    allow: {env: [%s], secrets: [%s]}\n", strings.Join(quoted(repo.Env), ", "), strings.Join(quoted(globs), ", "))
	}
	dir := "/run/secrets/gateways"
	if i.secretsDir != "" {
		var err error
		if dir, err = filepath.Abs(i.secretsDir); err != nil { // the daemon's file reads others relative to itself
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "    secrets: {dir: %s}\n", dir)
	return err
}

// secretGlobs are patterns that let the names through: what they begin with, to the kind of the resource.
func secretGlobs(secrets []importer.SecretUse) []string {
	var globs []string
	for _, use := range secrets {
		kind := use.Places[0].Key.Kind
		if kind == gateway.Credentials {
			kind = gateway.Consumers
		}
		before, _, _ := strings.Cut(use.Name, string(kind)+"-")
		globs = append(globs, before+string(kind)+"-*")
	}
	slices.Sort(globs)
	return slices.Compact(globs)
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = fmt.Sprintf("%q", word)
	}
	return out
}

func (a *app) nextSteps(i imports, what holdings) {
	var files []string
	for _, group := range what.groups {
		if file := filepath.ToSlash(filepath.Join(i.to, "environments", group.Environment, "environment.yaml")); !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	fmt.Fprintf(a.stdout, `
Next:

    sluice validate --repo %[1]s
    git -C %[1]s init -b %[3]s && git -C %[1]s add --all && git -C %[1]s commit -m "Import"

What stands on the gateways belongs to nobody yet. For the first apply write adopt: allow into these files, look at
what it would do, and take the line out again when it is done:

    %[2]s
    sluice plan -c FILE --repo %[1]s
`, i.to, strings.Join(files, "\n    "), what.branch)
}
