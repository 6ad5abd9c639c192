package trust_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trust"
)

// signers is a Git repository, and keys made by the real tools.
type signers struct {
	t    *testing.T
	home string // of gpg and the keys
	repo string
	ring string
}

func newSigners(t *testing.T) *signers {
	t.Helper()
	for _, tool := range []string{"git", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: %s is not installed", tool)
		}
	}
	// The path of an agent's socket is bounded: t.TempDir may be too long for it.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	s := &signers{t: t, home: home, repo: t.TempDir(), ring: t.TempDir()}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	s.run("git", "init", "-q", "-b", "main", s.repo)
	return s
}

func (s *signers) run(name string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+s.home, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit with these settings of git.
func (s *signers) commit(settings ...string) string {
	s.t.Helper()
	args := []string{"-C", s.repo, "-c", "user.name=Ada", "-c", "user.email=ada@acme.example"}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	s.run("git", append(args, "commit", "-q", "--allow-empty", "-m", "subject\n\ngpgsig is no header here")...)
	return s.run("git", "-C", s.repo, "rev-parse", "HEAD")
}

// sshKey makes a key pair and returns the path of the private one.
func (s *signers) sshKey(kind string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "key")
	s.run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "ada@"+kind, "-f", path)
	return path
}

func (s *signers) list(file string, data []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.ring, file), data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// check opens the repository as Sluice does and checks one commit of it.
func (s *signers) check(hash string) (string, error) {
	s.t.Helper()
	repo, err := source.Open(s.t.Context(), source.Config{URL: s.repo, Branch: "main", Dir: s.t.TempDir()})
	if err != nil {
		s.t.Fatal(err)
	}
	defer repo.Close()
	payload, signature, err := repo.Signed(hash)
	if err != nil {
		s.t.Fatal(err)
	}
	return trust.Keyring{Dir: s.ring}.Check(payload, signature)
}

func TestSSHSignatures(t *testing.T) {
	for _, kind := range []string{"ed25519", "rsa", "ecdsa"} {
		t.Run(kind, func(t *testing.T) {
			s := newSigners(t)
			key := s.sshKey(kind)
			public, err := os.ReadFile(key + ".pub")
			if err != nil {
				t.Fatal(err)
			}
			signed := s.commit("gpg.format=ssh", "user.signingKey="+key, "commit.gpgSign=true")
			s.list("other.pub", s.public(s.sshKey("ed25519")))
			if _, err := s.check(signed); err == nil || !strings.Contains(err.Error(), "not in the keyring") {
				t.Errorf("a key that is not listed: %v", err)
			}
			s.list("ada.pub", public)
			if signer, err := s.check(signed); err != nil || signer != "ada@"+kind {
				t.Errorf("signer %q, error %v", signer, err)
			}
		})
	}
}

func (s *signers) public(key string) []byte {
	s.t.Helper()
	data, err := os.ReadFile(key + ".pub")
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

func TestAllowedSigners(t *testing.T) {
	s := newSigners(t)
	key := s.sshKey("ed25519")
	s.list("allowed_signers", append([]byte("# who may\nada@acme.example "), s.public(key)...))
	signed := s.commit("gpg.format=ssh", "user.signingKey="+key, "commit.gpgSign=true")
	if signer, err := s.check(signed); err != nil || signer != "ada@acme.example" {
		t.Errorf("signer %q, error %v", signer, err)
	}
}

func TestASignatureOfAnotherCommitIsRefused(t *testing.T) {
	s := newSigners(t)
	key := s.sshKey("ed25519")
	s.list("ada.pub", s.public(key))
	signed := s.commit("gpg.format=ssh", "user.signingKey="+key, "commit.gpgSign=true")
	raw := s.run("git", "-C", s.repo, "cat-file", "commit", signed)
	forged := strings.Replace(raw, "subject", "another", 1)
	cmd := exec.Command("git", "-C", s.repo, "hash-object", "-t", "commit", "-w", "--stdin")
	cmd.Stdin = strings.NewReader(forged + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.TrimSpace(string(out))
	s.run("git", "-C", s.repo, "update-ref", "refs/heads/main", hash)
	if _, err := s.check(hash); err == nil || !strings.Contains(err.Error(), "does not fit") {
		t.Errorf("a forged commit: %v", err)
	}
}

// TestASignatureForAnotherPurposeIsRefused says that a file which somebody signed by SSH can't be passed off as a commit.
func TestASignatureForAnotherPurposeIsRefused(t *testing.T) {
	s := newSigners(t)
	key := s.sshKey("ed25519")
	s.list("ada.pub", s.public(key))
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte("payload"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("ssh-keygen", "-Y", "sign", "-q", "-n", "file", "-f", key, file)
	signature, err := os.ReadFile(file + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	_, err = trust.Keyring{Dir: s.ring}.Check([]byte("payload"), string(signature))
	if err == nil || !strings.Contains(err.Error(), `for "file", not for git`) {
		t.Errorf("err = %v", err)
	}
}

func TestOpenPGPSignatures(t *testing.T) {
	s := newSigners(t)
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Skip("SKIPPED: gpg is not installed")
	}
	for _, name := range []string{"ada", "eve"} {
		s.run("gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", name+" <"+name+"@acme.example>", "ed25519", "sign", "never")
	}
	s.list("ada.asc", []byte(s.run("gpg", "--armor", "--export", "ada@acme.example")+"\n"))
	good := s.commit("user.signingKey=ada@acme.example", "commit.gpgSign=true")
	if signer, err := s.check(good); err != nil || signer != "ada <ada@acme.example>" {
		t.Errorf("signer %q, error %v", signer, err)
	}
	bad := s.commit("user.signingKey=eve@acme.example", "commit.gpgSign=true")
	if _, err := s.check(bad); err == nil || !strings.Contains(err.Error(), "not in the keyring") {
		t.Errorf("a key that is not listed: %v", err)
	}
}

func TestNobodyVouches(t *testing.T) {
	s := newSigners(t)
	if _, err := s.check(s.commit()); err != trust.ErrUnsigned {
		t.Errorf("an unsigned commit: %v", err)
	}
	key := s.sshKey("ed25519")
	signed := s.commit("gpg.format=ssh", "user.signingKey="+key, "commit.gpgSign=true")
	if _, err := s.check(signed); err == nil || !strings.Contains(err.Error(), "no public key in") {
		t.Errorf("an empty keyring: %v", err)
	}
	s.list("notes.txt", []byte("these are no keys"))
	if _, err := s.check(signed); err == nil || !strings.Contains(err.Error(), "notes.txt") {
		t.Errorf("a keyring with something else in it: %v", err)
	}
	if _, err := (trust.Keyring{Dir: filepath.Join(s.ring, "none")}).Check([]byte("x"), "y"); err == nil {
		t.Error("a keyring that is not there vouches")
	}
}
