package deploy_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// released returns the one file of a release that a pattern names. Releases are made by `make release`, which sets SLUICE_DIST.
func released(t *testing.T, pattern string) string {
	t.Helper()
	dist := os.Getenv("SLUICE_DIST")
	if dist == "" {
		t.Skipf("SKIPPED: %s NOT checked: SLUICE_DIST names no release; make release makes one and checks it", t.Name())
	}
	found, err := filepath.Glob(filepath.Join(dist, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d files are %s in %s", len(found), pattern, dist)
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// held are paths that a deb and an rpm alike must hold.
func held() []string {
	return []string{
		"/usr/bin/sluice", "/usr/lib/systemd/system/sluice.service", "/usr/lib/sysusers.d/sluice.conf", "/etc/sluice/sluice-daemon.yaml",
		"/usr/share/bash-completion/completions/sluice", "/usr/share/fish/vendor_completions.d/sluice.fish",
		"/usr/share/man/man1/sluice.1.gz", "/usr/share/man/man1/sluice-run.1.gz", "/usr/share/man/man5/sluice-daemon.yaml.5.gz",
		"/usr/share/doc/sluice/copyright", "/usr/share/doc/sluice/changelog.gz",
	}
}

// TestReleasedDeb installs the deb below a directory with the dpkg of this machine, runs what it installed, and removes it again.
func TestReleasedDeb(t *testing.T) {
	deb := released(t, "sluice_*_"+runtime.GOARCH+".deb")
	dpkg := installed(t, "dpkg")
	root := emptyRoot(t)
	with := func(args ...string) string {
		t.Helper()
		said, err := output(dpkg, append([]string{"--root=" + root, "--force-script-chrootless", "--force-not-root", "--log=" + os.DevNull}, args...)...)
		if err != nil {
			t.Fatalf("dpkg %q: %v\n%s", args, err, said)
		}
		return said
	}
	with("--install", deb)
	for _, path := range append(held(), "/usr/share/zsh/vendor-completions/_sluice") {
		if _, err := os.Stat(filepath.Join(root, path)); err != nil {
			t.Error(err)
		}
	}
	runs(t, filepath.Join(root, "usr/bin/sluice"))
	onlyForTheService(t, root)

	with("--purge", "sluice")
	if _, err := os.Stat(filepath.Join(root, "usr/bin/sluice")); !os.IsNotExist(err) {
		t.Errorf("the program is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "var/lib/sluice")); err != nil {
		t.Errorf("the journal went with the package: %v", err)
	}
}

// emptyRoot is a machine with nothing on it but users.
func emptyRoot(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skipf("SKIPPED: %s NOT checked: dpkg needs root to give files their owners", t.Name())
	}
	root := t.TempDir()
	for name, text := range map[string]string{
		"var/lib/dpkg/status": "", "var/lib/dpkg/info/format": "1\n", "var/lib/dpkg/updates/.": "",
		"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/.") {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// onlyForTheService holds that the daemon's file is read by root and the service alone, where systemd-sysusers made its user.
func onlyForTheService(t *testing.T, root string) {
	t.Helper()
	installed(t, "systemd-sysusers")
	for name, mode := range map[string]os.FileMode{
		"etc/sluice": os.ModeDir | 0o750, "etc/sluice/secrets": os.ModeDir | 0o750, "etc/sluice/sluice-daemon.yaml": 0o640, "var/lib/sluice": os.ModeDir | 0o700,
	} {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != mode {
			t.Errorf("%s: mode %v, want %v", name, info.Mode(), mode)
		}
	}
	for _, file := range []string{"etc/passwd", "etc/group"} {
		data, err := os.ReadFile(filepath.Join(root, file))
		if err != nil || !strings.Contains(string(data), "\nsluice:x:") {
			t.Errorf("%s has no sluice: %v\n%s", file, err, data)
		}
	}
}

// TestReleasedRPM reads the rpm, unpacks it and runs what is in it. No rpm is installed: that needs the rpm command.
func TestReleasedRPM(t *testing.T) {
	arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	rpm, root := released(t, "sluice-*."+arch+".rpm"), t.TempDir()
	listed, err := output(tool(t, "rpm"), rpm, root)
	if err != nil {
		t.Fatalf("%v\n%s", err, listed)
	}
	for _, path := range append(held(), "/usr/share/zsh/site-functions/_sluice") {
		if !strings.Contains(listed, " root:root "+path+"\n") {
			t.Errorf("no %s", path)
		}
	}
	for _, line := range []string{"100640 root:root /etc/sluice/sluice-daemon.yaml", "040750 root:root /etc/sluice", "100755 root:root /usr/bin/sluice"} {
		if !strings.Contains(listed, line+"\n") {
			t.Errorf("no %s in\n%s", line, listed)
		}
	}
	program := filepath.Join(root, "usr/bin/sluice")
	if err := os.Chmod(program, 0o755); err != nil { // what unpacks it gives files no modes
		t.Fatal(err)
	}
	runs(t, program)
}

// TestReleasedArchive unpacks the archive for this platform with the tar of this machine.
func TestReleasedArchive(t *testing.T) {
	archive, root := released(t, "sluice_*_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz"), t.TempDir()
	if said, err := output(installed(t, "tar"), "-xzf", archive, "-C", root, "--strip-components=1"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, name := range []string{"LICENSE", "README.md", "sluice.service", "sluice-daemon.yaml", "man/sluice.1.gz", "completions/_sluice"} {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Error(err)
		}
	}
	runs(t, filepath.Join(root, "sluice"))
}

// TestReleasedChart renders the chart that was packed: it names the image of its own version.
func TestReleasedChart(t *testing.T) {
	packed := released(t, "sluice-chart-*.tgz")
	_, file := values(t, "testdata/helm/one.txtar")
	rendered, err := output(tool(t, "helm"), "template", "sluice", packed, "-f", file)
	if err != nil {
		t.Fatalf("%v\n%s", err, rendered)
	}
	version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(packed), "sluice-chart-"), ".tgz")
	if !strings.Contains(rendered, `image: "sluice:`+version+`"`) || strings.Contains(rendered, "0.0.0-dev") {
		t.Errorf("the chart is not of %s:\n%s", version, rendered)
	}
}

// runs holds that a program is static, and says the version of the release.
func runs(t *testing.T, program string) {
	t.Helper()
	version, err := output(program, "version")
	if err != nil || strings.Contains(version, "devel") || !strings.HasPrefix(version, "sluice ") {
		t.Errorf("%v: %s", err, version)
	}
	if links, err := output(installed(t, "ldd"), program); err == nil {
		t.Errorf("it is not static:\n%s", links)
	}
}
