// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/nssim/nssim/syscall/uapi"
)

// Namespace is one entry of a snapshot: a namespace on the kernel's unified list.
type Namespace struct {
	ID    uint64
	Owner uint64 // id of the owning user namespace, 0 for none
	Type  uapi.NSType
	Inum  uint32
	// Passive and Active are __ns_ref and __ns_ref_active.
	Passive, Active int
}

// namespaceSize is what an entry takes in an answer.
const namespaceSize = 40

func decodeNamespaces(b []byte) ([]Namespace, error) {
	if len(b)%namespaceSize != 0 {
		return nil, fmt.Errorf("%w: a snapshot of %d bytes", errFrame, len(b))
	}
	out := make([]Namespace, 0, len(b)/namespaceSize)
	for ; len(b) > 0; b = b[namespaceSize:] {
		out = append(out, Namespace{
			ID: order.Uint64(b), Owner: order.Uint64(b[8:]),
			Type: uapi.NSType(order.Uint32(b[16:])), Inum: order.Uint32(b[20:]),
			Passive: int(int64(order.Uint64(b[24:]))), Active: int(int64(order.Uint64(b[32:]))),
		})
	}
	slices.SortFunc(out, byID)
	return out, nil
}

// HasCounts reports whether the kernel has active counts. Without them there are no
// snapshots, and only results are compared.
func (g *Guest) HasCounts() bool { return g.lay != nil }

// keptLayout is a layout in the cache. None says that the kernel has no active counts.
type keptLayout struct {
	Release string
	None    bool    `json:",omitempty"`
	Layout  *layout `json:",omitempty"`
}

// layoutFormat changes when keptLayout does.
const layoutFormat = "3"

// findCounts tells the agent where the counts are: as the cache knows for this image, or
// as the kernel's type information and symbols say.
func (g *Guest) findCounts(ctx context.Context) error {
	image, err := os.ReadFile(g.opts.kernel)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoKernel, err)
	}
	sum := sha256.Sum256(append(image, layoutFormat+g.opts.cmdline...))
	file := filepath.Join(g.opts.cache, "layout", hex.EncodeToString(sum[:12])+".json")
	k, ok := readLayout(file)
	if !ok {
		if k, err = g.askLayout(ctx); err != nil {
			return err
		}
		text, err := json.MarshalIndent(k, "", "\t")
		if err != nil {
			return err
		}
		if err := writeCache(file, text, 0o644); err != nil {
			return err
		}
	}
	if k.None {
		return nil
	}
	g.lay = k.Layout
	recs, err := g.ask(ctx, opLayout, g.lay.encode())
	if err == nil {
		g.base, err = firstSnapshot(recs)
	}
	if err != nil {
		os.Remove(file)
	}
	return err
}

func readLayout(file string) (k keptLayout, ok bool) {
	text, err := os.ReadFile(file)
	return k, err == nil && json.Unmarshal(text, &k) == nil && (k.None || k.Layout != nil)
}

func (g *Guest) askLayout(ctx context.Context) (keptLayout, error) {
	k := keptLayout{Release: g.release}
	types, err := g.askOne(ctx, opFile, []byte("/sys/kernel/btf/vmlinux"))
	if err != nil {
		return k, fmt.Errorf("%w: the kernel was built without CONFIG_DEBUG_INFO_BTF? %w", ErrLayout, err)
	}
	var w words
	symbols := slices.Concat(layoutSymbols, rcuSymbols)
	w.u64(uint64(len(symbols)))
	for _, name := range symbols {
		w.bytes([]byte(name + "\x00"))
	}
	addrs, err := g.askOne(ctx, opSymbols, w)
	if err != nil {
		return k, err
	}
	k.Layout, err = layoutOf(types.data, addrs.u64s())
	if errors.Is(err, errNoActive) {
		k.None = true
		return k, nil
	}
	return k, err
}

// firstSnapshot takes the snapshot out of an answer and checks that it makes sense: every
// kernel has the initial namespaces under their fixed ids.
func firstSnapshot(recs []record) ([]Namespace, error) {
	for _, r := range recs {
		if r.kind != recNS {
			continue
		}
		all, err := decodeNamespaces(r.data)
		if err != nil {
			return nil, err
		}
		found := 0
		for _, ns := range all {
			if ns.Type.Index() >= 0 && ns.ID == ns.Type.InitID() {
				found++
			}
		}
		if found == uapi.NumNSTypes {
			return all, nil
		}
		return nil, fmt.Errorf("%w: %d of %d initial namespaces on the list", ErrLayout, found, uapi.NumNSTypes)
	}
	return nil, fmt.Errorf("%w: no snapshot", ErrLayout)
}
