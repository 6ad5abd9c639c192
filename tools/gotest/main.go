// Command gotest runs `go test -json` with the arguments that it is given, and says what came of it: a line for each package,
// the output of what failed, every skipped test by name with its reason, and the totals as the last line.
//
// The exit status is that of `go test`. Subtests count as tests, as `go test -v` counts them.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	status, err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
	}
	os.Exit(status)
}

func run(args []string, stdout, stderr io.Writer) (int, error) {
	command := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	command.Stderr = stderr
	events, err := command.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := command.Start(); err != nil {
		return 1, err
	}
	totals := newTally(stdout)
	readErr := totals.read(events)
	waitErr := command.Wait()
	totals.print()
	var exit *exec.ExitError
	switch {
	case errors.As(waitErr, &exit):
		return exit.ExitCode(), readErr
	case waitErr != nil || readErr != nil:
		return 1, errors.Join(waitErr, readErr)
	}
	return 0, nil
}
