package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// testDaemon is a running `sluice run`. Its log is the file NAME.log in the script's directory.
type testDaemon struct {
	cmd   *exec.Cmd
	log   string
	url   string
	ended chan error
}

// daemonVerb is: daemon start NAME FILE | stop NAME | kill NAME | signal NAME USR1|HUP|TERM | broken NAME. Start sets $NAME to the read API's address;
// stop wants a clean end, broken waits for one that a signal has forced.
func daemonVerb(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 3, "daemon start|stop|kill|signal NAME …")
	verb, name := args[0], args[1]
	if verb == "start" {
		startDaemon(ts, name, args[2])
		return
	}
	d := benchOf(ts).daemons[name]
	if d == nil {
		ts.Fatalf("no daemon %q", name)
	}
	switch verb {
	case "stop":
		d.stop(ts)
	case "kill":
		d.end()
	case "signal":
		signals := map[string]os.Signal{"USR1": syscall.SIGUSR1, "HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}
		ts.Check(d.cmd.Process.Signal(signals[append(args, "USR1")[2]]))
	case "broken":
		d.broken(ts)
	default:
		ts.Fatalf("daemon can't %q", verb)
	}
}

func startDaemon(ts *testscript.TestScript, name, file string) {
	d := &testDaemon{log: ts.MkAbs(name + ".log"), ended: make(chan error, 1)}
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	before, err := log.Stat()
	ts.Check(err)
	program, err := exec.LookPath("sluice")
	ts.Check(err)
	d.cmd = exec.Command(program, "run", "-c", file)
	d.cmd.Dir, d.cmd.Stdout, d.cmd.Stderr = ts.MkAbs("."), log, log
	for _, variable := range []string{"PATH", "HOME", "TMPDIR", "TZ", "GATEWAY_KEY", "SHOP_NAME", "GORACE", "GOCOVERDIR"} {
		d.cmd.Env = append(d.cmd.Env, variable+"="+ts.Getenv(variable))
	}
	ts.Check(d.cmd.Start())
	go func() {
		d.ended <- d.cmd.Wait()
		log.Close()
	}()
	benchOf(ts).daemons[name] = d
	d.url = d.address(ts, before.Size())
	ts.Setenv(name, d.url)
}

var listening = regexp.MustCompile(`"listen":"([^"]+)"`)

// address waits until the daemon tells where it listens.
func (d *testDaemon) address(ts *testscript.TestScript, from int64) string {
	var url string
	err := poll(func() error {
		select {
		case err := <-d.ended:
			d.ended <- err
			ts.Fatalf("the daemon has ended: %v\n%s", err, ts.ReadFile(d.log))
		default:
		}
		found := listening.FindStringSubmatch(ts.ReadFile(d.log)[from:])
		if found == nil {
			return fmt.Errorf("no address in %s", filepath.Base(d.log))
		}
		url = found[1]
		return nil
	})
	ts.Check(err)
	return url
}

// stop ends the daemon as a service manager does.
func (d *testDaemon) stop(ts *testscript.TestScript) {
	ts.Check(d.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-d.ended:
		d.ended <- err
		if err != nil {
			ts.Fatalf("the daemon ended with %v\n%s", err, ts.ReadFile(d.log))
		}
	case <-time.After(deadline):
		ts.Fatalf("the daemon does not end\n%s", ts.ReadFile(d.log))
	}
}

// broken waits until a signal has ended the daemon in the middle of its work.
func (d *testDaemon) broken(ts *testscript.TestScript) {
	select {
	case err := <-d.ended:
		d.ended <- err
		if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() >= 0 {
			ts.Fatalf("the daemon ended with %v, not by the signal\n%s", err, ts.ReadFile(d.log))
		}
	case <-time.After(deadline):
		ts.Fatalf("the daemon does not end\n%s", ts.ReadFile(d.log))
	}
}

// end kills the daemon, as kill -9 does.
func (d *testDaemon) end() {
	_ = d.cmd.Process.Kill() // it may have ended
	err := <-d.ended
	d.ended <- err
}

// deadline is how long a script waits for what must come.
const deadline = 20 * time.Second

// poll calls check until it returns nil, or until the deadline.
func poll(check func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(deadline)
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-end:
			return fmt.Errorf("waited %v in vain: %w", deadline, err)
		case <-tick.C:
		}
	}
}

// until waits for: status DAEMON ENVIRONMENT STATE COMMIT | live GATEWAY TEXT | history DAEMON TEXT | told DAEMON TEXT | answer URL STATUS | logged DAEMON TEXT | held GATEWAY |
// stalled GATEWAY COUNT | gone GATEWAY TEXT.
func until(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 5, "until status|answer|logged|held|stalled|gone …")
	b := benchOf(ts)
	var check func() error
	switch args[0] {
	case "status":
		check = func() error { return statusIs(b.daemons[args[1]].url, args[2], args[3], append(args, "")[4]) }
	case "answer":
		check = func() error { return answers(args[1], args[2]) }
	case "told":
		check = func() error {
			_, text, err := fetch(b.daemons[args[1]].url + "/api/v1/status")
			if err != nil {
				return err
			}
			return contains(text, args[2], true)
		}
	case "live":
		check = func() error { return contains(rawText(b.gateways[args[1]]), args[2], true) }
	case "history":
		check = func() error {
			_, text, err := fetch(b.daemons[args[1]].url + "/api/v1/history")
			if err != nil {
				return err
			}
			return contains(text, args[2], true)
		}
	case "logged":
		check = func() error { return contains(ts.ReadFile(b.daemons[args[1]].log), args[2], true) }
	case "held":
		check = func() error { return holds(b.gateways[args[1]].isHeld(), "no write is waiting") }
	case "stalled":
		want, err := strconv.Atoi(args[2])
		ts.Check(err)
		check = func() error { return holds(b.gateways[args[1]].waiting() >= want, "too few reads are waiting") }
	case "gone":
		check = func() error { return contains(liveText(ts, b.gateways[args[1]]), args[2], false) }
	default:
		ts.Fatalf("until knows no %q", args[0])
	}
	if err := poll(check); err != nil {
		for _, d := range b.daemons {
			ts.Logf("%s", ts.ReadFile(d.log))
		}
		ts.Fatalf("until %s: %v", strings.Join(args, " "), err)
	}
}

func holds(truth bool, otherwise string) error {
	if truth {
		return nil
	}
	return fmt.Errorf("%s", otherwise)
}

func contains(text, part string, want bool) error {
	return holds(strings.Contains(text, part) == want, fmt.Sprintf("%q in it is %t:\n%s", part, !want, text))
}
