// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// pageTest drives one page of a browser.
type pageTest struct {
	t      *testing.T
	ctx    context.Context
	url    string
	errors []string
}

func newPageTest(t *testing.T, browser, url string) *pageTest {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1500, 900))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	p := &pageTest{t: t, ctx: ctx, url: url}
	chromedp.ListenTarget(ctx, p.listen)
	return p
}

// listen notes exceptions in the page, and requests to anybody but its server.
func (p *pageTest) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.errors = append(p.errors, e.ExceptionDetails.Error())
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, p.url) && !strings.HasPrefix(u, "data:") {
			p.errors = append(p.errors, "asked for "+u)
		}
	}
}

func (p *pageTest) run(actions ...chromedp.Action) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Run(p.ctx, actions...))
}

// open loads the page anew and waits for the model.
func (p *pageTest) open(hash string) {
	p.t.Helper()
	p.run(network.Enable(), chromedp.Navigate("about:blank"), chromedp.Navigate(p.url+"/"+hash))
	p.wait(`document.body.dataset.ready === "1"`)
}

// wait waits for a condition in the page.
func (p *pageTest) wait(condition string) {
	p.t.Helper()
	for range 600 {
		var ok bool
		p.run(chromedp.Evaluate("!!("+condition+")", &ok))
		if ok {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("the page never came to: %s\n%v", condition, p.errors)
}

func (p *pageTest) do(script string) {
	p.t.Helper()
	p.run(chromedp.Evaluate(script+"; undefined", nil))
}

func (p *pageTest) number(expression string) (n int) {
	p.t.Helper()
	p.run(chromedp.Evaluate(expression, &n))
	return n
}

func (p *pageTest) text(expression string) (s string) {
	p.t.Helper()
	p.run(chromedp.Evaluate(expression, &s))
	return s
}

// pageKeys are the keys that have no letter.
var pageKeys = map[string]string{"End": kb.End, "Home": kb.Home, "Enter": kb.Enter}

func (p *pageTest) press(key string) {
	p.t.Helper()
	if k, named := pageKeys[key]; named {
		key = k
	}
	p.run(chromedp.KeyEvent(key))
}

// choose chooses from a list.
func (p *pageTest) choose(list, value string) {
	p.t.Helper()
	p.do(`(() => { const s = document.getElementById(` + quoteJS(list) + `); s.value = ` + quoteJS(value) +
		`; s.dispatchEvent(new Event("change")); document.activeElement?.blur(); })()`)
}

func quoteJS(s string) string { return strconv.Quote(s) }
