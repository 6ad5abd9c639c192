//go:build unix

package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/web/browsertest"
)

// shownDemo is the demo as somebody runs it, looked at in a browser.
type shownDemo struct {
	*testing.T
	*browsertest.Browser
	url, repo string
	output    string // the file that the demo writes to
}

// newShownDemo starts the demo and waits until it says that everything runs.
func newShownDemo(t *testing.T) *shownDemo {
	t.Helper()
	on := &shownDemo{T: t, Browser: browsertest.Start(t)}
	dir := filepath.Join(t.TempDir(), "demo")
	on.repo, on.output = filepath.Join(dir, "config-repo"), filepath.Join(t.TempDir(), "output")
	program, err := exec.LookPath("sluice")
	on.must(err)
	output, err := os.Create(on.output)
	on.must(err)
	defer output.Close()
	demo := exec.Command(program, "demo", dir)
	demo.Stdout, demo.Stderr = output, output
	on.must(demo.Start())
	t.Cleanup(func() { _ = demo.Process.Kill(); _ = demo.Wait() })
	found := regexp.MustCompile(`Everything runs, and the page shows it: (http://\S+)/`)
	for end := time.Now().Add(2 * time.Minute); on.url == ""; time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(on.output)
		on.must(err)
		if match := found.FindSubmatch(text); match != nil {
			on.url = string(match[1])
		} else if time.Now().After(end) {
			t.Fatalf("the demo does not run:\n%s", text)
		}
	}
	return on
}

func (on *shownDemo) must(err error) {
	on.Helper()
	if err != nil {
		on.Fatal(err)
	}
}

func (on *shownDemo) until(what string, check func() error) {
	on.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	on.Fatalf("waited in vain for %s: %v", what, err)
}

func (on *shownDemo) git(args ...string) string {
	on.Helper()
	command := exec.Command("git", args...)
	command.Dir = on.repo
	command.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := command.CombinedOutput()
	if err != nil {
		on.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// edit replaces a text in a file of the config repo, commits it, and returns the commit.
func (on *shownDemo) edit(file, old, next, message string) string {
	on.Helper()
	path := filepath.Join(on.repo, file)
	text, err := os.ReadFile(path)
	on.must(err)
	changed := strings.ReplaceAll(string(text), old, next)
	if changed == string(text) {
		on.Fatalf("%s holds no %q", file, old)
	}
	on.must(os.WriteFile(path, []byte(changed), 0o600))
	on.git("commit", "-qam", message)
	return on.git("rev-parse", "HEAD")
}

// shows is true where an element holds a text.
func shows(selector, text string) string {
	return fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", selector, text)
}

// untouched marks the page, so that a reload would be seen, and reports whether the mark is still there.
const (
	mark      = "window.mark = true; document.documentElement.scrollTop = 20; true"
	untouched = "window.mark === true"
)

// TestE2EPageStory follows a commit, its end and its revert on the page, without ever reloading it.
func TestE2EPageStory(t *testing.T) {
	on := newShownDemo(t)
	on.Resize(1440)
	on.Open(on.url + "/")
	on.Until("the stream of changes", shows("#link", "live"))
	on.Until("every environment", `[...document.querySelectorAll(".env > .env-head .state")].map(n => n.textContent).join() === "applied,applied,applied"`)
	browsertest.Ask[bool](on.Browser, mark+`; window.heard = []; new MutationObserver(() => heard.push(said.textContent)).observe(said, {childList: true, characterData: true, subtree: true}); true`)
	on.liveOnEveryEnvironment()
	on.followToTheTurn()
	on.mistakeAndMending()
	on.Clean()
}

// liveOnEveryEnvironment commits a change and sees it arrive, stage by stage.
func (on *shownDemo) liveOnEveryEnvironment() {
	on.Helper()
	on.Ask(`document.querySelector(".env h2 a").focus()`)
	commit := on.edit("base/plugins.yaml", "X-Environment", "X-Served-From", "Name the header better")
	on.Until("the commit in prod", fmt.Sprintf(`[...document.querySelectorAll(".env")].every(n => n.querySelector("dd .hash")?.title === %q)`, commit))
	if !browsertest.Ask[bool](on.Browser, untouched) {
		on.Error("the page was reloaded")
	}
	if at := browsertest.Ask[string](on.Browser, "document.activeElement.textContent"); at != "test" {
		on.Errorf("the focus has moved to %q", at)
	}
	if heard := browsertest.Ask[string](on.Browser, "heard.join()"); !strings.Contains(heard, "prod: applied") {
		on.Errorf("who listens heard %q", heard)
	}
}

// followToTheTurn goes to what became of the commit in prod, and sees the revert take over there.
func (on *shownDemo) followToTheTurn() {
	on.Helper()
	on.Follow(".stage:last-child dd .hash a")
	on.Until("what runs", shows("#verdict", "prod runs this commit now."))
	on.Until("what it changes", shows(".lazy #changes", "plugins.response-rewrite.headers.set.X-Served-From"))
	on.Until("where it was written", shows(".lazy #changes", "base/plugins.yaml:"))
	on.Until("what to do", shows("#next ~ ul", "sluice revert"))
	on.Ask(mark)
	on.Ask(`document.querySelector("#entries ~ details summary").focus()`)
	on.Click("#entries ~ details summary")
	on.git("revert", "--no-edit", "HEAD")
	revert := on.git("rev-parse", "HEAD")
	on.Until("the revert", shows("#verdict", "prod runs "+revert[:7]+" now"))
	if !browsertest.Ask[bool](on.Browser, untouched+` && document.querySelector("#entries ~ details").open && document.activeElement.matches("#entries ~ details summary")`) {
		on.Error("the page was reloaded, or what was unfolded or had the focus is not as it was")
	}
	on.Follow("#verdict .lead .hash a")
	on.Until("what it restores", shows("#verdict", "Restores"))
}

// mistakeAndMending commits a fault: it is shown with its place, and runs nowhere.
func (on *shownDemo) mistakeAndMending() {
	on.Helper()
	on.Open(on.url + "/environments/test")
	on.Until("the stream of changes", shows("#link", "live"))
	commit := on.edit("services/payments/payments.yaml", "uri: /payments/health", "url: /payments/health", "Move the health check")
	on.Until("the failure", `document.querySelector("h1 + .state").textContent === "failed"`)
	on.Open(on.url + "/environments/test/commits/" + commit[:10])
	on.Until("the fault", shows("#verdict", "services/payments/payments.yaml:")+"&&"+shows("#verdict", `did you mean "uri"?`))
	on.Open(on.url + "/environments/prod/commits/" + commit)
	on.Until("who it waits for", shows("#verdict", "waits for"))
	on.git("revert", "--no-edit", "HEAD")
	on.Until("the end", `!document.querySelector("#verdict .state").textContent.includes("queued")`)
}

// Ask evaluates what nobody needs the value of.
func (on *shownDemo) Ask(expression string) { browsertest.Ask[bool](on.Browser, expression+"; true") }

// TestE2EPageViews looks at every view of the demo: at three sizes and in both schemes nothing is cut off, everything has a name, filters
// answer in place, and all of it can be read and filtered without a script.
func TestE2EPageViews(t *testing.T) {
	on := newShownDemo(t)
	on.edit("base/plugins.yaml", "X-Environment", "X-Served-From", "Name the header better")
	commit := on.git("rev-parse", "HEAD")
	on.Open(on.url + "/environments/prod")
	on.Until("the commit in prod", fmt.Sprintf(`document.querySelector("dd .hash")?.title === %q`, commit))
	views := []string{
		"/", "/environments/prod", "/environments/prod/commits/" + commit, "/environments/prod/commits/" + commit + "/changes", "/groups", "/groups/prod-eu",
		"/groups/prod-eu/live", "/groups/prod-eu/instances", "/history", "/skew?first=test&second=prod", "/resources?environment=prod&resource=routes%2Fusers-read", "/nowhere",
	}
	for _, view := range views {
		t.Run(view, func(t *testing.T) { on.fits(t, view) })
	}
	t.Run("filters", func(*testing.T) { on.filters() })
	t.Run("keyboard", func(t *testing.T) { on.keyboard(t) })
	t.Run("acts", func(t *testing.T) { on.acts(t) })
	t.Run("without scripts", func(t *testing.T) { on.withoutScripts(t, commit) })
	on.Clean("/nowhere", "group=tes")
}

// fits looks at a view at every size and in both schemes.
func (on *shownDemo) fits(t *testing.T, view string) {
	for _, scheme := range []string{"light", "dark"} {
		on.Scheme(scheme)
		for _, width := range []int64{1440, 900, 390, 360} {
			on.Resize(width)
			on.Open(on.url + view)
			on.Until("every part", `!document.querySelector(".lazy > .card > p > .loading")`)
			if wide := browsertest.Ask[int64](on.Browser, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%d px wide, in a window of %d", wide, width)
			}
		}
	}
	for _, role := range on.Nameless() {
		t.Errorf("a %s has no name", role)
	}
}

// filters narrows the history and the resources of a group, in place.
func (on *shownDemo) filters() {
	on.Resize(1440)
	on.Open(on.url + "/history")
	on.Ask(mark)
	on.Ask(`{ const s = document.querySelector("[name=environment]"); s.value = "test"; s.dispatchEvent(new Event("input", {bubbles: true})); }`)
	on.Until("entries of test alone", `[...document.querySelectorAll("#results .where")].every(n => n.textContent.startsWith("test")) && document.querySelectorAll("#results .where").length > 0`)
	on.Type("[name=group]", "tes")
	on.Until("what is wrong with a name that is half typed", shows("#results", "there is no gateway group")+" && "+untouched)
	on.Type("[name=group]", "t")
	on.Until("entries of the group", `document.querySelectorAll("#results .where").length > 0 && `+untouched)
	on.Type("[name=resource]", "routes/users-read")
	on.Until("entries of the route alone", `document.querySelectorAll("#results tbody tr").length === 1 && location.search.includes("resource=routes%2Fusers-read") && `+untouched)
	on.Open(on.url + "/groups/prod-eu")
	on.Ask(mark)
	on.Until("what is live", shows(".lazy #live", "routes/orders"))
	on.Type("#live-text", "payments-health")
	on.Until("one resource", `document.querySelectorAll("#live .group > a").length === 1 && `+untouched)
}

// keyboard goes through the page by keys alone.
func (on *shownDemo) keyboard(t *testing.T) {
	on.Resize(1440)
	on.Open(on.url + "/")
	on.Press("\t")
	if got := browsertest.Ask[string](on.Browser, `document.activeElement.textContent + getComputedStyle(document.activeElement).outlineStyle`); got != "Skip to the contentsolid" {
		t.Errorf("the first Tab leads to %q", got)
	}
	on.Press("\r")
	on.Until("the content", `location.hash === "#main"`)
	on.Press("\t")
	if !browsertest.Ask[bool](on.Browser, `document.activeElement.closest("main") !== null`) {
		t.Error("the link does not lead into the content")
	}
	order := browsertest.Ask[bool](on.Browser, `[...document.querySelectorAll("[tabindex]")].every(n => n.tabIndex <= 0)`)
	if !order {
		t.Error("the order of the focus is not that of the page")
	}
}

// acts logs in with the token that the demo has printed, and asks for a look.
func (on *shownDemo) acts(t *testing.T) {
	text, err := os.ReadFile(on.output)
	on.must(err)
	line := regexp.MustCompile(`to act there +(\S+/login) with the token (\S+)`).FindSubmatch(text)
	if line == nil {
		t.Fatalf("the demo does not say how to act on its page:\n%s", text)
	}
	on.Open(on.url + "/")
	on.Until("what runs", shows(".env .state", "applied"))
	if browsertest.Ask[bool](on.Browser, `!!document.querySelector("form[method=post]")`) {
		t.Error("somebody who has not logged in is offered an act")
	}
	on.Open(string(line[1]))
	on.Type("[name=token]", string(line[2]))
	on.Follow("main form button")
	on.Until("the overview, as an operator", shows(".who", "demo · operator"))
	on.Follow(`form[action="/api/v1/sync"] button`)
	on.Until("the overview again", shows(".env .state", "applied"))
	on.Open(on.url + "/history")
	on.Until("that it is on record", shows("#results", "token demo from 127.0.0.1 asked for a look"))
	on.Open(on.url + "/skew?environment=prod&second=" + on.git("rev-parse", "HEAD")[:7])
	on.Type(`[name=first]:not(select)`, on.git("rev-parse", "HEAD~1")[:7])
	on.Follow(`form[aria-label="Compare two commits in an environment"] button`)
	on.Until("what differs", shows("#found", "X-Served-From"))
	on.Follow(`form[action="/logout"] button`)
}

// withoutScripts reads the pages as somebody does whose browser runs none.
func (on *shownDemo) withoutScripts(t *testing.T, commit string) {
	on.Scripts(false)
	defer on.Scripts(true)
	on.Open(on.url + "/environments/prod/commits/" + commit)
	on.Until("the turn", shows("#verdict", "prod runs this commit now."))
	on.Follow(".lazy a")
	on.Until("the changes", shows("#changes", "X-Served-From"))
	on.Open(on.url + "/history")
	on.Type("[name=text]", "Begin")
	on.Follow("form[role=search] button[type=submit]")
	asked, err := url.Parse(browsertest.Ask[string](on.Browser, "location.href"))
	if err != nil || asked.Query().Get("text") != "Begin" {
		t.Errorf("the filter leads to %v %v", asked, err)
	}
	on.Until("what was found", shows("#results", "Begin: users"))
}
