#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs SPIN on lifecycle.pml and nssim on the set-up spin, with TASKS tasks besides the
# supervisor and FDS descriptors each, and prints states, transitions, memory and time of
# both. SPIN runs depth-first with hash compaction, the quickest that fits into memory.
set -eu
TASKS=${TASKS:-3} FDS=${FDS:-2} GO=${GO:-go}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
command -v spin >/dev/null || { echo "spin is not installed (Debian package spin)" >&2; exit 2; }
(cd "$here/../.." && $GO build -o "$dir/nssim" ./cmd/nssim)
cd "$dir"
spin -a -DTASKS="$TASKS" -DFDS="$FDS" "$here/lifecycle.pml"
gcc -O2 -DSAFETY -DNOREDUCE -DHC4 -DMEMLIM=8000 -o pan pan.c
echo "spin: $TASKS tasks, $FDS descriptors"
time -p ./pan -m6000000 -w26 >pan.out
grep -E 'errors:|states, stored|transitions|total actual memory|pan: elapsed' pan.out
echo "nssim: $TASKS tasks, $FDS descriptors"
time -p ./nssim explore spin --tasks $((TASKS + 1)) --fds "$FDS" --mem 400M
