// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Option changes how Open boots a guest.
type Option func(*options) error

type options struct {
	kernel   string // as it was named, then the image's path
	qemu     string
	accel    string
	memory   int // MiB
	cpus     int
	cmdline  string
	compiler string
	cache    string
	timeout  time.Duration
	patience time.Duration
	console  io.Writer
}

// The defaults of Open.
const (
	// DefaultMemory is a guest's memory in MiB.
	DefaultMemory = 1024
	// DefaultTimeout is how long the agent may take for one answer; booting may take
	// bootFactor times as long.
	DefaultTimeout = 60 * time.Second
	// DefaultPatience is how long the kernel may take, after a line, to do what the model
	// has done; what settle waits for may take settleFactor times as long.
	DefaultPatience = time.Second

	bootFactor   = 5
	settleFactor = 2
)

func defaults() options {
	return options{
		qemu: "qemu-system-x86_64", accel: AccelTCG, memory: DefaultMemory, cpus: 1, compiler: "gcc",
		timeout: DefaultTimeout, patience: DefaultPatience,
	}
}

// WithKernel boots an image: the path of a bzImage, or a version that has been fetched
// before, like v7.3.4 (see Find). There is no default.
func WithKernel(image string) Option {
	return func(o *options) error { o.kernel = image; return nil }
}

// How QEMU executes the guest's instructions.
const (
	AccelTCG = "tcg" // emulated: works everywhere, and is the default
	AccelKVM = "kvm" // by the hardware, where /dev/kvm can be used
)

// WithAccel chooses AccelTCG or AccelKVM.
func WithAccel(accel string) Option {
	return func(o *options) error {
		if accel != AccelTCG && accel != AccelKVM {
			return fmt.Errorf("accelerator %q, expected %s or %s", accel, AccelTCG, AccelKVM)
		}
		o.accel = accel
		return nil
	}
}

// WithQEMU names the emulator, by default qemu-system-x86_64 from PATH.
func WithQEMU(path string) Option {
	return func(o *options) error { o.qemu = path; return nil }
}

// WithCompiler names the C compiler that builds the agent, by default gcc from PATH.
func WithCompiler(cc string) Option {
	return func(o *options) error { o.compiler = cc; return nil }
}

// WithMemory sets the guest's memory in MiB.
func WithMemory(mib int) Option {
	return func(o *options) error {
		if mib < 128 {
			return fmt.Errorf("%d MiB of memory, expected at least 128", mib)
		}
		o.memory = mib
		return nil
	}
}

// WithCPUs sets the number of the guest's processors. With more than one, namespace ids
// are drawn from more than one block and are not comparable with the model's.
func WithCPUs(n int) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("%d processors, expected 1 or more", n)
		}
		o.cpus = n
		return nil
	}
}

// WithCommandLine appends to the kernel's command line.
func WithCommandLine(text string) Option {
	return func(o *options) error { o.cmdline = text; return nil }
}

// WithCache sets the directory for what is kept between runs: kernels, the agent, layouts.
// The default is nssim in the user's cache directory.
func WithCache(dir string) Option {
	return func(o *options) error { o.cache = dir; return nil }
}

// WithTimeout sets how long the agent may take for one answer.
func WithTimeout(d time.Duration) Option {
	return func(o *options) error {
		if d <= 0 {
			return fmt.Errorf("timeout %v, expected more than 0", d)
		}
		o.timeout = d
		return nil
	}
}

// WithPatience sets how long the kernel may take to get where the model is.
func WithPatience(d time.Duration) Option {
	return func(o *options) error {
		if d <= 0 {
			return fmt.Errorf("patience %v, expected more than 0", d)
		}
		o.patience = d
		return nil
	}
}

// WithConsole copies what the guest writes to its console.
func WithConsole(w io.Writer) Option {
	return func(o *options) error { o.console = w; return nil }
}

// CacheDir returns where kernels, the agent and layouts are kept by default.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place to keep kernels: %w", err)
	}
	return filepath.Join(dir, "nssim"), nil
}

// cacheOr returns dir, or the default when it is empty.
func cacheOr(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	return CacheDir()
}

// complete fills in what depends on other options.
func (o *options) complete() (err error) {
	if o.cache, err = cacheOr(o.cache); err != nil {
		return err
	}
	o.kernel, err = findIn(o.kernel, o.cache)
	return err
}
