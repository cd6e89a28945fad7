package strace

import (
	"fmt"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	pat := os.Getenv("ZZ")
	if pat == "" {
		pat = "*"
	}
	k := os.Getenv("ZK")
	if k == "" {
		k = "v6.19.9"
	}
	d0 := os.Getenv("ZD")
	if d0 == "" {
		d0 = "/tmp/stw/logs/6.19.14"
	}
	fs, _ := filepath.Glob(d0 + "/" + pat + ".strace")
	for _, f := range fs {
		d, _ := os.ReadFile(f)
		t0 := time.Now()
		im, err := Read(filepath.Base(f), d, Options{Config: sim.Config{Kernel: k}})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(filepath.Base(f), im, "early", im.Early, "added", im.Added, time.Since(t0).Round(time.Millisecond))
		for i, d := range im.Divergences {
			if i < 8 {
				fmt.Println("   ", d.String())
			}
		}
		text := program.Format(im.Program)
		os.WriteFile("/tmp/stw/out/"+filepath.Base(f)+".ns", text, 0o666)
		p, err := program.Parse(f, text)
		if err != nil {
			fmt.Println("    PARSE", err.Error()[:min(600, len(err.Error()))])
			continue
		}
		rep, err := program.Run(p, sim.Config{})
		if err != nil || rep.Outcome != program.Pass {
			fmt.Println("    RUN", rep, err)
		}
	}
}
