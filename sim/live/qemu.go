// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// vm is a running QEMU.
type vm struct {
	cmd     *exec.Cmd
	dir     string // its sockets and initramfs
	console *console
	stderr  *console
	done    chan struct{} // closed when it has ended
	err     error         // with what
}

// kernelArgs is what every guest is booted with: addresses as in the image's symbols,
// messages of tasks that misbehave on the console, no reboot after a panic.
const kernelArgs = "console=ttyS0 rdinit=/init quiet panic=-1 nokaslr"

// args returns QEMU's command line.
func (o *options) args(dir string) []string {
	a := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot",
		"-m", strconv.Itoa(o.memory), "-smp", strconv.Itoa(o.cpus),
		"-kernel", o.kernel, "-initrd", filepath.Join(dir, "initrd"),
		"-append", strings.TrimSpace(kernelArgs + " " + o.cmdline),
		"-serial", "stdio",
		// The agent takes the first of these that the kernel has a driver for.
		"-device", "virtio-serial-pci",
		"-chardev", "socket,id=port,path=" + filepath.Join(dir, "port"),
		"-device", "virtserialport,chardev=port,name=nssim",
		"-chardev", "socket,id=line,path=" + filepath.Join(dir, "line"),
		"-serial", "chardev:line",
	}
	if o.accel == AccelKVM {
		a = append(a, "-cpu", "host")
	}
	return append(a, "-accel", o.accel)
}

// launch starts QEMU and waits for the agent's connection and first words.
func launch(ctx context.Context, o *options, initrd []byte) (_ *vm, conn net.Conn, hello []record, err error) {
	path, err := exec.LookPath(o.qemu)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w: %s is not installed", ErrNoQEMU, o.qemu)
	}
	dir, err := os.MkdirTemp("", "nssim-")
	if err != nil {
		return nil, nil, nil, err
	}
	v := &vm{dir: dir, console: &console{copyTo: o.console}, stderr: &console{}, done: make(chan struct{})}
	defer func() {
		if err != nil {
			v.kill()
			if ctx.Err() == nil {
				err = &GuestError{err, append(v.stderr.tail(), v.console.tail()...)}
			}
		}
	}()
	if err := os.WriteFile(filepath.Join(dir, "initrd"), initrd, 0o644); err != nil {
		return nil, nil, nil, err
	}
	first := make(chan greeting, 2)
	for _, name := range []string{"port", "line"} {
		l, err := net.Listen("unix", filepath.Join(dir, name))
		if err != nil {
			return nil, nil, nil, err
		}
		defer l.Close()
		go greet(l, first)
	}
	v.cmd = exec.Command(path, o.args(dir)...)
	v.cmd.Stdout, v.cmd.Stderr = v.console, v.stderr
	if err := v.cmd.Start(); err != nil {
		close(v.done)
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrNoQEMU, err)
	}
	go func() {
		v.err = v.cmd.Wait()
		close(v.done)
	}()
	limit := time.NewTimer(bootFactor * o.timeout)
	defer limit.Stop()
	select {
	case g := <-first:
		return v, g.conn, g.hello, nil
	case <-v.done:
		return nil, nil, nil, fmt.Errorf("%w: QEMU has ended: %v", ErrBoot, v.err)
	case <-limit.C:
		return nil, nil, nil, fmt.Errorf("%w within %v", ErrBoot, bootFactor*o.timeout)
	case <-ctx.Done():
		return nil, nil, nil, ctx.Err()
	}
}

// greeting is an agent's first words and where they came from.
type greeting struct {
	conn  net.Conn
	hello []record
}

// greet waits for an agent on one of the guest's ports. The port that the agent does not
// use stays silent until the guest ends.
func greet(l net.Listener, first chan<- greeting) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	o, recs, err := readFrame(conn)
	if err != nil || o != opHello {
		conn.Close()
		return
	}
	first <- greeting{conn, recs}
}

// kill ends QEMU, if it runs, and removes its files.
func (v *vm) kill() {
	if v.cmd != nil && v.cmd.Process != nil {
		v.cmd.Process.Kill()
		<-v.done
	}
	os.RemoveAll(v.dir)
}

// wait gives QEMU some time to end by itself.
func (v *vm) wait(d time.Duration) error {
	select {
	case <-v.done:
		return v.err
	case <-time.After(d):
		return errors.New("still running")
	}
}
