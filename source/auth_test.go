package source

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

const token = "hunter2-very-secret"

func tokenFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestTokenIsReadAtEachUse(t *testing.T) {
	u := newUpstream(t)
	u.first()
	s := serve(t, u)
	s.token = token
	c := settings(t, s.url())
	c.Auth.TokenFile = tokenFile(t, token+"\n")
	r := open(t, c)
	s.token = "rotated"
	if _, err := r.Latest(t.Context()); !errors.Is(err, ErrDenied) {
		t.Errorf("with the old token: %v", err)
	}
	must(t, os.WriteFile(c.Auth.TokenFile, []byte("rotated"), 0o600))
	latest(t, r)
	must(t, os.WriteFile(c.Auth.TokenFile, []byte(" \n"), 0o600))
	if _, err := r.Latest(t.Context()); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("with an empty file: %v", err)
	}
	must(t, os.Remove(c.Auth.TokenFile))
	if _, err := r.Latest(t.Context()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "read login") {
		t.Errorf("without the file: %v", err)
	}
}

func TestATokenThatSomebodyMakesIsAskedForEachTime(t *testing.T) {
	u := newUpstream(t)
	u.first()
	s := serve(t, u)
	s.token = token
	c, asked := settings(t, s.url()), 0
	var fault error
	c.Token = func(context.Context) (gateway.Secret, error) {
		asked++
		return gateway.NewSecret("", s.token), fault
	}
	r := open(t, c)
	s.token = "another"
	latest(t, r)
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
	fault = errors.New("the App is not installed")
	if _, err := r.Latest(t.Context()); !errors.Is(err, fault) || !strings.Contains(err.Error(), "log in to http://") || strings.Contains(err.Error(), "another") {
		t.Errorf("without a token: %v", err)
	}
}

func TestLoginInTheURL(t *testing.T) {
	u := newUpstream(t)
	u.first()
	s := serve(t, u)
	s.token = token
	log, logs := logged()
	c := settings(t, strings.Replace(s.url(), "http://", "http://git:"+token+"@", 1))
	c.Log = log
	r := open(t, c)
	latest(t, r)
	config, err := os.ReadFile(filepath.Join(r.mirror.dir, "config"))
	must(t, err)
	if strings.Contains(string(config), token) || !strings.Contains(string(config), s.url()) {
		t.Errorf("config of the mirror:\n%s", config)
	}
	for _, entry := range logs.All() {
		for _, value := range entry.ContextMap() {
			if strings.Contains(entry.Message, token) || strings.Contains(value.(string), token) {
				t.Errorf("the token is in the log: %v", entry)
			}
		}
	}
	if logs.FilterLevelExact(zap.WarnLevel).FilterMessageSnippet("unencrypted").Len() != 1 {
		t.Error("no warning of a login over plain http")
	}
}

// TestATokenThatIsRevokedIsMadeAnewOnce, for fetching and for pushing; one that is refused again and again is not.
func TestATokenThatIsRevokedIsMadeAnewOnce(t *testing.T) {
	u := newUpstream(t)
	u.first()
	s := serve(t, u)
	s.token = "t1"
	made, refused := 1, 0
	c := settings(t, s.url())
	c.Token = func(context.Context) (gateway.Secret, error) {
		return gateway.NewSecret("", fmt.Sprint("t", made)), nil
	}
	c.Refused = func(token gateway.Secret) bool {
		if refused++; token.Reveal() == fmt.Sprint("t", made) {
			made++
		}
		return made < 4
	}
	r := open(t, c)
	s.token = "t2"
	if next := u.commit("next"); latest(t, r).Commit.Hash != next || made != 2 || refused != 1 {
		t.Errorf("%d tokens, %d refusals", made, refused)
	}
	s.token = "none"
	for range 3 {
		if _, err := r.Branches(t.Context(), ""); !errors.Is(err, ErrDenied) || strings.Contains(err.Error(), "t3") {
			t.Errorf("a token that is never taken: %v", err)
		}
	}
	if refused != 4 {
		t.Errorf("%d refusals", refused)
	}
}

func TestRefusalsAreClearAndKeepTheToken(t *testing.T) {
	u := newUpstream(t)
	u.first()
	s := serve(t, u)
	s.token = token
	cases := map[string]struct {
		status int
		token  string
		denied bool
		want   string
	}{
		"no token":    {0, "", true, "(401)\n\thint: name a file with a token"},
		"wrong token": {0, "wrong-" + token, true, "(401)\n\thint: the token or password was refused"},
		"forbidden":   {403, token, true, "(403)\n\thint: give the token read access"},
		"not found":   {404, token, false, "no such repository (404)\n\thint: check the URL"},
		"teapot":      {418, token, false, "418"},
		"down":        {502, token, false, "502"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s.status.Store(int32(c.status))
			cfg := settings(t, s.url())
			if c.token != "" {
				cfg.Auth.TokenFile = tokenFile(t, c.token)
			}
			_, err := Open(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrDenied) != c.denied {
				t.Fatalf("got %v\nwant %s", err, c.want)
			}
			if strings.Contains(err.Error(), token) {
				t.Errorf("the token is in %q", err)
			}
		})
	}
}

func TestScrub(t *testing.T) {
	below := errors.New("the server says: bad token hunter2")
	err := scrub(below, "", "hunter2")
	if err.Error() != "the server says: bad token ***" || !errors.Is(err, below) {
		t.Errorf("got %v", err)
	}
}

// hanging accepts connections and says nothing.
func hanging(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	var held []net.Conn
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			held = append(held, conn)
		}
	}()
	t.Cleanup(func() {
		must(t, l.Close())
		<-done
		for _, conn := range held {
			_ = conn.Close()
		}
	})
	return l.Addr().String()
}

func TestARemoteThatHangs(t *testing.T) {
	key := newKey(t)
	for name, url := range map[string]string{"http": "http://%s/repo", "https": "https://%s/repo", "ssh": "ssh://git@%s/repo"} {
		t.Run(name, func(t *testing.T) {
			c := settings(t, strings.Replace(url, "%s", hanging(t), 1))
			c.Timeout = 100 * time.Millisecond
			c.Auth = Auth{SSHKeyFile: key.file, KnownHostsFile: tokenFile(t, "# none\n")}
			began := time.Now()
			_, err := Open(t.Context(), c)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 100ms") {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
		t.Run(name+" cancelled", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			c := settings(t, strings.Replace(url, "%s", hanging(t), 1))
			c.Auth = Auth{SSHKeyFile: key.file, KnownHostsFile: tokenFile(t, "# none\n")}
			if _, err := Open(ctx, c); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A server that stops in the middle of the refs or of the pack.
func TestAConversationThatIsCutOff(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, l.Close()) }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n" +
			"Content-Length: 500\r\n\r\n001e# service=git-upload-pack\n0000"))
		_ = conn.Close()
	}()
	_, err = Open(t.Context(), settings(t, "http://"+l.Addr().String()+"/repo"))
	<-done
	if err == nil || errors.Is(err, ErrEmpty) || errors.Is(err, ErrNoBranch) {
		t.Errorf("got %v", err)
	}
}

func TestAPackThatIsCutOff(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	s := serve(t, u)
	r := open(t, settings(t, s.url()))
	u.fill(100)
	var dense strings.Builder // so that the pack takes several packets
	for range 10_000 {
		dense.WriteString(rand.Text())
	}
	u.write("dense", dense.String())
	want := u.commit("many")
	s.cut.Store(true)
	if _, err := r.Latest(t.Context()); err == nil || !strings.Contains(err.Error(), "fetch "+want[:7]+" from "+s.url()) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(r.mirror.dir, "objects", "pack", "tmp_*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if head, err := r.mirror.head(); err != nil || head.String() != first {
		t.Errorf("the mirror's head is %s, %v", head, err)
	}
	s.cut.Store(false)
	if got := latest(t, r); got.Commit.Hash != want || got.Previous != first || len(files(t, got.FS)) != 105 {
		t.Errorf("got %+v", got)
	}
}

func TestACloneThatIsCutOff(t *testing.T) {
	u := newUpstream(t)
	u.fill(100)
	u.commit("many")
	s := serve(t, u)
	s.cut.Store(true)
	c := settings(t, s.url())
	if _, err := Open(t.Context(), c); err == nil {
		t.Fatal("half a clone was taken")
	}
	s.cut.Store(false)
	if got := latest(t, open(t, c)); len(files(t, got.FS)) != 100 {
		t.Errorf("%d files", len(files(t, got.FS)))
	}
}

func TestAWebPageIsNoRepository(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!DOCTYPE html><html>please log in</html>"))
	}))
	defer page.Close()
	_, err := Open(t.Context(), settings(t, page.URL+"/repo"))
	if err == nil || !strings.Contains(err.Error(), "does not speak git") || !strings.Contains(err.Error(), "hint: check the URL") {
		t.Errorf("got %v", err)
	}
}

func TestAnUnknownAuthority(t *testing.T) {
	page := httptest.NewTLSServer(http.NotFoundHandler())
	defer page.Close()
	page.Config.ErrorLog = log.New(io.Discard, "", 0)
	_, err := Open(t.Context(), settings(t, page.URL+"/repo"))
	if err == nil || !strings.Contains(err.Error(), "SSL_CERT_FILE") {
		t.Errorf("got %v", err)
	}
}

// Git refuses to read a repository that belongs to another user, and what it says is shown with the cure.
func TestDubiousOwnership(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("LOUD SKIP: only root can give a repository to another user")
	}
	u := newUpstream(t)
	u.first()
	git := filepath.Join(u.dir, ".git")
	must(t, os.Chown(git, 12345, 12345))
	_, err := Open(t.Context(), settings(t, u.dir))
	if err == nil {
		t.Skip("LOUD SKIP: this git reads repositories of other users")
	}
	want := "list branches of " + u.dir + ": access denied: the repository belongs to another user, and git refuses to read it\n" +
		"\thint: as the user that runs sluice: git config --global --add safe.directory " + git
	if err.Error() != want || !errors.Is(err, ErrDenied) {
		t.Errorf("got %v", err)
	}
	own := filepath.Join(t.TempDir(), "gitconfig")
	must(t, os.WriteFile(own, []byte("[safe]\n\tdirectory = "+git+"\n"), 0o600))
	t.Setenv("GIT_CONFIG_GLOBAL", own)
	latest(t, open(t, settings(t, u.dir)))
}

func TestAfterClose(t *testing.T) {
	u := newUpstream(t)
	u.first()
	r := open(t, settings(t, u.dir))
	s := latest(t, r)
	must(t, r.Close())
	if _, err := r.Latest(t.Context()); err == nil {
		t.Error("a closed repository went on")
	}
	if _, err := s.FS.Open("sluice.yaml"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
