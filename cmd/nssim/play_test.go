// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostCompressed is how big the page may be, compressed, in bytes.
const mostCompressed = 3 << 20

// browserName finds a browser that a test may drive.
func browserName() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := osexec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// compressed is the size of a directory's files, each compressed by itself as web
// servers do.
func compressed(t *testing.T, dir string) (n int) {
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = w.Write(data)
		_ = w.Close()
		n += b.Len()
		return nil
	}))
	return n
}

// The page in a browser: a selftest is loaded, run, stepped back, run under other
// semantics, compared, and reached again by its address. Nothing but the page's own
// server is asked for anything.
func TestPlayground(t *testing.T) {
	if os.Getenv("NSSIM_BROWSER") == "" {
		t.Skip("SKIP: NSSIM_BROWSER is not set; make test-browser sets it")
	}
	browser := browserName()
	require.NotEmpty(t, browser, "a browser was asked for and there is no Chromium in PATH")
	dir := t.TempDir()
	t.Chdir(root)
	require.Equal(t, 0, nssim("", "play", "--write", dir).status)
	size := compressed(t, dir)
	t.Logf("the page takes %d bytes compressed", size)
	require.Less(t, size, mostCompressed)

	srv := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer srv.Close()
	p := newPageTest(t, browser, srv.URL)

	p.open("#load=selftests/siocgskns_test/siocgskns_keeps_netns_active.ns")
	lines := p.number(`document.querySelectorAll("#lines li").length`)
	require.Greater(t, lines, 10)
	p.press("End")
	p.wait(`document.querySelector("#where .PASS") !== null`)
	require.Equal(t, lines, p.number(`document.querySelectorAll("#lines li.ran").length`))
	require.Equal(t, 0, p.number(`document.querySelectorAll("#lines li.failed").length`))
	p.press("b")
	p.wait(`document.querySelector("#where .PASS") === null`)
	require.Equal(t, lines-1, p.number(`document.querySelectorAll("#lines li.ran").length`))
	require.NotZero(t, p.number(`document.querySelectorAll("#a g.node.namespace").length`))

	// Under the semantics as first posted, a socket does not bring a namespace back.
	p.open("")
	p.press("End")
	p.wait(`document.querySelector("#where .PASS") !== null`)
	p.choose("semantics", "active-v1")
	p.press("End")
	p.wait(`document.querySelectorAll("#lines li.failed").length > 0`)
	p.choose("semantics", "active")

	// Compared, the first difference is where that shows.
	p.do(`document.getElementById("comparing").click()`)
	p.choose("semantics2", "active-v1")
	p.wait(`document.querySelector("#verdict")?.textContent.startsWith("The first difference is at line")`)
	require.NotZero(t, p.number(`document.querySelectorAll("#b g.node").length`))
	p.press("d")
	p.wait(`document.querySelector("#lines li.differs.at") !== null`)

	// The address brings back what is shown: program, configurations and step.
	at := p.text(`document.getElementById("where").textContent`)
	p.wait(`location.hash.includes("semantics2=active-v1") && location.hash.includes(
		"step=" + document.getElementById("where").textContent.split(" ")[1])`)
	hash := p.text(`location.hash`)
	p.open("")
	p.wait(`document.querySelector("#where").textContent.startsWith("line 0 ")`)
	p.open(hash)
	p.wait(`document.getElementById("where").textContent === ` + quoteJS(at))

	// A namespace of the drawing is chosen with the keyboard and explained.
	p.do(`document.querySelector("#a g.node.namespace[tabindex]").focus()`)
	p.press("Enter")
	p.wait(`document.getElementById("holders").textContent.includes("who sees it")`)

	// A mistake is told with its place, and what is shown stays.
	p.do(`(() => { const t = document.getElementById("text"); t.value = "init: frobnicate()\n"; t.dispatchEvent(new Event("input")); })()`)
	p.wait(`document.getElementById("mistakes").textContent.startsWith("1:7: ")`)

	p.open("#embed=1")
	p.wait(`getComputedStyle(document.querySelector("header")).display === "none"`)
	require.Empty(t, p.errors, "what the page has complained about")
}
