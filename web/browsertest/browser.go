package browsertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is a Chromium with one tab. Its methods end the test when something is not as it should be; one goroutine at a time uses them.
type Browser struct {
	t          testing.TB
	ctx        context.Context
	complaints complaints
}

// patience bounds every wait: a loaded machine is slow, a page that is right is not.
const patience = 60 * time.Second

// Start runs a browser for as long as a test lasts. The test is skipped when SLUICE_E2E is not set, or no Chromium is installed.
func Start(t testing.TB) *Browser {
	t.Helper()
	if os.Getenv("SLUICE_E2E") == "" {
		t.Skip("SKIPPED: no real browser was asked for; `make e2e` runs this test with one")
	}
	program := find()
	if program == "" {
		t.Skip("SKIPPED: NOT TESTED in a browser: no chromium is installed here (Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocated, release := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(release)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	b := &Browser{t: t, ctx: ctx}
	b.must(chromedp.Listen(ctx, b.complaints.hear))
	call(b, log.Enable, struct{}{})
	call(b, runtime.Enable, struct{}{})
	call(b, network.Enable, network.EnableParams{})
	return b
}

// find returns the path of a Chromium, or nothing.
func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (b *Browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

// bounded returns the context of one step.
func (b *Browser) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, patience)
}

func (b *Browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, done := b.bounded()
	defer done()
	b.must(chromedp.Do(ctx, actions...))
}

// Open shows the page at an address.
func (b *Browser) Open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
}

// Click clicks what a CSS selector finds first, once it is visible.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// Follow clicks what a CSS selector finds first, and waits for the page that it leads to.
func (b *Browser) Follow(selector string) {
	b.t.Helper()
	ctx, done := b.bounded()
	defer done()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	b.must(err)
}

// Type puts a text into the field that a CSS selector finds first.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press presses keys wherever the focus is.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// Resize makes the window this wide, in CSS pixels.
func (b *Browser) Resize(width int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
}

// Scheme makes the system "light" or "dark".
func (b *Browser) Scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// Scripts switches the scripts of pages that are opened from now on.
func (b *Browser) Scripts(on bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}
