package browsertest

import (
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// Ask evaluates an expression in the page.
func Ask[T any](b *Browser, expression string) T {
	b.t.Helper()
	ctx, done := b.bounded()
	defer done()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("browser: %s: %v", expression, err)
	}
	return answer
}

// Until waits until an expression is true in whatever page is shown by then.
func (b *Browser) Until(what, expression string) {
	b.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ctx, done := b.bounded()
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		done()
		if err == nil && holds { // a page that is just being left answers with an error
			return
		}
	}
	b.t.Fatalf("browser: waited in vain for %s; the page shows:\n%s", what, Ask[string](b, "document.body.innerText"))
}

// Screenshot returns what the window shows, as PNG.
func (b *Browser) Screenshot() []byte {
	b.t.Helper()
	ctx, done := b.bounded()
	defer done()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	b.must(err)
	return png
}

func call[P, R any](b *Browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, done := b.bounded()
	defer done()
	answer, err := chromedp.Call(ctx, command, params)
	b.must(err)
	return answer
}
