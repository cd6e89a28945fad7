// SPDX-License-Identifier: GPL-2.0-only

// Package testdata carries the programs that come with nssim inside the binary, so that
// they run wherever it does: the kernel's selftests, and the order in which the kernel
// runs them; what triggers each known bug; what the options of the discussion are put
// to; and the programs of the course.
package testdata

import "embed"

// FS has the kernel's selftests as programs, selftests/<binary>/<test>.ns, and their
// list; a program for each bug of the catalogue, bugs/<name>.ns, which shows it;
// questions and programs that break properties, options/{questions,breaks}/<name>.ns;
// what is documented about listns(), listns/<name>.ns; and the programs of docs/course,
// course/<name>.ns.
//
//go:embed selftests/LIST selftests/EXPECTED.tsv selftests/*/*.ns
//go:embed bugs/*.ns
//go:embed options/*/*.ns
//go:embed listns/*.ns
//go:embed course/*.ns
var FS embed.FS
