// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// page is the playground without the model.
//
//go:embed play
var page embed.FS

// modelFiles are what has to be built for the page: the model in WebAssembly, and what
// Go brings along to start it.
const (
	modelFile   = "nssim.wasm"
	starterFile = "wasm_exec.js"
)

func (c *cli) playCommand() *cobra.Command {
	listen, dir := "", ""
	cmd := &cobra.Command{
		Use:   "play",
		Short: "Serve the playground: the model in a page",
		Long: `Serves a page on loopback in which programs are written, stepped through forwards
and back, drawn, and compared under two configurations. The model runs in the
page, as WebAssembly, which is built from the sources with the go command first.

With --write the page is written into a directory as static files, for any web
server. What is shown is in the address behind the #: program, configuration and
step. With &embed=1 there the page has no choices, for use in a lesson.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir != "" {
				return c.writePlayground(dir)
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			return c.servePlayground(ctx, listen)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8100", "address to listen on")
	cmd.Flags().StringVar(&dir, "write", "", "write the page into this directory instead")
	return cmd
}

// servePlayground serves the page until the context ends.
func (c *cli) servePlayground(ctx context.Context, addr string) error {
	dir, err := os.MkdirTemp("", "nssim-play-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := c.writePlayground(dir); err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	c.printf("http://%s/\n", l.Addr())
	if err := c.out.Flush(); err != nil {
		return err
	}
	srv := &http.Server{Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// writePlayground writes the page and the model into a directory.
func (c *cli) writePlayground(dir string) error {
	files, err := fs.Sub(page, "play")
	if err != nil {
		return err
	}
	if err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	}); err != nil {
		return err
	}
	return buildModel(dir)
}

// buildModel compiles the model to WebAssembly. It needs the go command and the
// module's sources, which is where `go run` has them from.
func buildModel(dir string) error {
	out, err := filepath.Abs(filepath.Join(dir, modelFile))
	if err != nil {
		return err
	}
	build := osexec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "github.com/nssim/nssim/cmd/playground")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the model for the page: %w\n%sexpected the go command, and a directory within the module's sources", err, text)
	}
	root, err := osexec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	starter, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", starterFile))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, starterFile), starter, 0o644)
}
