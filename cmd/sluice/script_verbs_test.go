package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// commit makes a commit of everything in a directory, which becomes a Git repository when it is none. The second line, when
// there is one, is the message's last paragraph. COMMIT and SHORT are set to the hash, which is the same in every run.
func commit(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 3, "commit DIR SUBJECT [TRAILER]")
	dir := ts.MkAbs(args[0])
	if _, err := os.Stat(dir + "/.git"); err != nil {
		git(ts, dir, "init", "--quiet", "--initial-branch=main")
	}
	git(ts, dir, "add", "--all")
	message := []string{"commit", "--quiet", "--allow-empty"}
	for _, text := range args[1:] {
		message = append(message, "--message", text)
	}
	git(ts, dir, message...)
	setCommit(ts, dir)
}

// revert reverts the newest commit of a repository.
func revert(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 1, 1, "revert DIR")
	dir := ts.MkAbs(args[0])
	git(ts, dir, "revert", "--no-edit", "HEAD")
	setCommit(ts, dir)
}

func setCommit(ts *testscript.TestScript, dir string) {
	hash := strings.TrimSpace(git(ts, dir, "rev-parse", "HEAD"))
	ts.Setenv("COMMIT", hash)
	ts.Setenv("SHORT", hash[:7])
}

// git runs git with a clock that goes a minute further with each commit.
func git(ts *testscript.TestScript, dir string, args ...string) string {
	b := benchOf(ts)
	if args[0] == "commit" || args[0] == "revert" {
		b.commits++
	}
	date := time.Date(2026, 1, 2, 9, b.commits, 0, 0, time.UTC).Format(time.RFC3339)
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}
	for _, name := range []string{
		"PATH", "HOME", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL",
		"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
	} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	output, err := cmd.CombinedOutput()
	if err != nil {
		ts.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// exits runs a command and wants that exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 99, "exits STATUS COMMAND [ARGUMENT…]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// get prints the answer to a request, its status first.
func get(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 1, 1, "get URL")
	status, body, err := fetch(args[0])
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\n%s", status, body)
}

func fetch(url string) (int, string, error) {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

var times = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?|\b\d\d:\d\d:\d\d\b`)

// mask writes what a command printed, or a file, into another file, with TIME for every time, so that it can be compared.
func mask(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 2, "mask FROM TO")
	text := times.ReplaceAllString(ts.ReadFile(args[0]), "TIME")
	text = strings.ReplaceAll(text, ts.Getenv("WORK"), "WORK")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// expand puts the values of variables into files, in place.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 1, 99, "expand FILE…")
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// tamper replaces a text in a file, which must be there.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 3, 3, "tamper FILE OLD NEW")
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s holds no %q", args[0], args[1])
	}
	text = strings.Replace(text, args[1], args[2], 1)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
