package source

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// openLocal runs git-upload-pack or git-receive-pack on a repository on this machine. It is the only transport that needs the git program.
func openLocal(ctx context.Context, service, path string) (wire, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, &Error{
			What: "git is not installed here, and a repository on disk is read through it",
			Hint: "install git, or follow the repository over https or ssh",
		}
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	args := []string{strings.TrimPrefix(service, "git-")}
	if service == uploadPack {
		args = append(args, "--strict")
	}
	return startLocal(exec.CommandContext(ctx, git, append(args, gitDir(path))...))
}

func startLocal(cmd *exec.Cmd) (wire, error) {
	cmd.Env = localEnv()
	cmd.WaitDelay = time.Second
	p := &pipe{said: &sayings{}}
	cmd.Stderr = p.said
	var err, errOut error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.out, errOut = cmd.StdoutPipe(); errOut != nil {
		return nil, errOut
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.ended = sync.OnceValue(cmd.Wait)
	p.kill = func() error {
		if err := cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		return nil
	}
	return p, nil
}

// localEnv is the environment without what would lead git to another repository or another protocol.
func localEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_PROTOCOL", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_INDEX_FILE", "GIT_COMMON_DIR":
			continue
		}
		env = append(env, kv)
	}
	return append(env, "LC_ALL=C")
}
