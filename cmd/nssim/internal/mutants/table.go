// SPDX-License-Identifier: GPL-2.0-only

package main

const (
	active   = "refcount/active.go"
	passive  = "refcount/passive.go"
	table    = "refcount/table.go"
	list     = "nstree/list.go"
	lookup   = "nstree/lookup.go"
	nsproxy  = "syscall/nsproxy.go"
	listns   = "syscall/listns.go"
	setns    = "syscall/setns.go"
	clone    = "syscall/clone.go"
	exit     = "syscall/exit.go"
	unshare  = "syscall/unshare.go"
	put      = "syscall/put.go"
	nsfs     = "syscall/nsfs.go"
	visible  = "syscall/visible.go"
	ioctl    = "syscall/ioctl.go"
	inodes   = "syscall/fput.go"
	creds    = "syscall/cred.go"
	deferred = "sim/work.go"
)

// mutants: first the orders and rules that the kernel relies on, then mistakes of the
// ordinary kind, by layer.
var mutants = []mutant{
	{"passive-before-active", "an nsproxy's passive references go before the active ones", []edit{{nsproxy,
		"if ns := x.nextField(&activeOrder); ns != 0 {\n\t\t\t\tx.activePut(ns)\n",
		"if ns := x.nextField(&activeOrder); ns != 0 {\n\t\t\t\tx.Put(ns)\n\t\t\t\tx.activePut(ns)\n\t\t\t\tx.Inc(ns)\n"}}, byCalls},
	{"evict-passive-before-active", "an inode's passive reference goes before the active one", []edit{{inodes,
		"\t\t\t\tx.activePut(i.NS)\n\t\t\t}\n\t\t}},", "\t\t\t\tx.Put(i.NS)\n\t\t\t\tx.activePut(i.NS)\n\t\t\t\tx.Inc(i.NS)\n\t\t\t}\n\t\t}},"}}, byCalls},
	{"callback-before-unlink", "the callback is queued before the namespace leaves the trees", []edit{{put,
		"\t\tstep{\"ns_tree_remove\", removeFromTrees},\n\t\tstep{\"dec_ucount\", decUCounts},\n\t\tstep{\"put_user_ns\", putOwner},\n\t\tstep{\"ns_common_free\", freeInum},\n\t\tstep{\"kfree_rcu\", freeRCU},\n",
		"\t\tstep{\"kfree_rcu\", freeRCU},\n\t\tstep{\"ns_tree_remove\", removeFromTrees},\n\t\tstep{\"dec_ucount\", decUCounts},\n\t\tstep{\"put_user_ns\", putOwner},\n\t\tstep{\"ns_common_free\", freeInum},\n"}}, byRaces},
	{"free-without-grace-period", "callbacks wait for no reader", []edit{{deferred,
		"w.Readers = m.Readers()", "w.Readers = 0"}}, byRaces},
	{"list-next-cleared-on-unlink", "removal clears the forward links", []edit{{list,
		"if f.Rules.Has(ClearNextOnRemove) {", "if !f.Rules.Has(ClearNextOnRemove) {"}}, byTrees},
	{"no-cascade-on-put", "zero does not let go of the owner", []edit{{active,
		"case t.Rules.Has(NoCascadeOnPut),", "case !t.Rules.Has(NoCascadeOnPut),"}}, byCounts},
	{"cascade-on-every-put", "every put lets go of the owner", []edit{{active,
		"e.Active != 0 && !t.Rules.Has(CascadeOnEveryPut):", "e.Active != 0 && t.Rules.Has(CascadeOnEveryPut):"}}, byCounts},
	{"resurrect-one-level", "a get walks one level", []edit{{active,
		"\t\towner && t.Rules.Has(ResurrectOneLevel):\n\t\treturn 0\n\t}\n\treturn t.ownerStep(h)\n}\n\n// ActivePutStep",
		"\t\towner && !t.Rules.Has(ResurrectOneLevel):\n\t\treturn 0\n\t}\n\treturn t.ownerStep(h)\n}\n\n// ActivePutStep"}}, byCounts},
	{"active-per-task", "a fork that shares an nsproxy takes active references too", []edit{{clone,
		"\t\t\tchild.Proxy = old\n", "\t\t\tchild.Proxy = old\n\t\t\tx.push(opActivateProxy, int64(old))\n"}}, byCalls},
	{"reap-at-exit", "the user namespace goes inactive when the task becomes a zombie", []edit{
		{exit, "step{\"exit_nsproxy_namespaces\", func(x X) { x.push(opSwitchNamespaces, 0) }},",
			"step{\"exit_nsproxy_namespaces\", func(x X) { x.activePut(x.cred().UserNS); x.push(opSwitchNamespaces, 0) }},"},
		{exit, "x.activePut(x.TaskCred(sim.TaskID(x.f().L[relTask])).UserNS)", "_ = x.T"}}, byCalls},
	{"unified-but-not-type", "insertion forgets the type's list", []edit{{list,
		"\tif !f.Rules.Has(UnifiedOnly) {\n\t\tf.add(", "\tif f.Rules.Has(UnifiedOnly) {\n\t\tf.add("}}, byTrees},
	{"lookup-misses-insertion", "a look-up structure that is being read misses what is inserted", []edit{{lookup,
		"\t\tf.big.add(f, h)\n", "\t\t_ = f.big\n"}}, byTrees},

	{"get-from-zero", "a passive get takes what is dead", []edit{{passive,
		"\tif e.Passive == 0 {\n\t\tif e.Active != 0 &&", "\tif e.Passive < 0 {\n\t\tif e.Active != 0 &&"}}, byCounts},
	{"put-is-never-last", "nobody is told to destroy", []edit{{passive,
		"\treturn e.Passive == 0\n", "\treturn e.Passive < 0\n"}}, byCounts},
	{"get-does-not-count", "an active get does not count", []edit{{active, "\te.Active++\n", "\t_ = e\n"}}, byCounts},
	{"owner-walk-past-initial", "the owner step reaches the initial user namespace", []edit{{table,
		"\tif o == 0 || t.Entries[o].Flags&Initial != 0 {\n", "\tif o == 0 {\n"}}, byCounts},
	{"cascade-past-initial", "a cascade goes on to the initial user namespace", []edit{{table,
		"\t\tt.assertOwner(h)\n\t\treturn 0\n\t}\n\tif t.Entries[o].Flags&Initial != 0 {", "\t\tt.assertOwner(h)\n\t\treturn 0\n\t}\n\tif o < 0 {"}}, byCounts},
	{"saturation-off-by-one", "a count of INT_MAX may be raised", []edit{{passive,
		"e.Passive > 0 && e.Passive < math.MaxInt32", "e.Passive > 0 && e.Passive <= math.MaxInt32"}}, byCounts},
	{"lock-underflow-silent", "the put under a lock does not report an underflow", []edit{{passive,
		"\tcase 0:\n\t\tt.Warn(RefcountUnderflow, h)\n", "\tcase 0:\n"}}, byCounts},
	{"negative-is-inactive", "a negative active count passes for inactive", []edit{{passive,
		"\tcase e.Active != 0:\n", "\tcase e.Active > 0:\n"}}, byCounts},
	{"underflow-unseen", "a put below zero is not reported", []edit{{active,
		"if e.Active <= 0 && (e.Active < 0 || !owner) {", "if e.Active == 0 && !owner {"}}, byCounts},

	{"lookup-off-by-one", "the look-up at an id starts behind it", []edit{{lookup,
		"\tl := list(typ)\n\tfor _, h := range f.small[f.search(id, 0):] {", "\tl := list(typ)\n\tfor _, h := range f.small[f.search(id+1, 0):] {"}}, byTrees},
	{"highest-inum", "the highest free inode number of a word is taken", []edit{{"nstree/inum.go",
		"bits.TrailingZeros64(^f.inums[w])", "63 - bits.LeadingZeros64(^f.inums[w])"}}, byTrees},
	{"stays-on-owner-list", "removal forgets the owner's list", []edit{{list,
		"\tif n.Is(Owned) {\n", "\tif !n.Is(Owned) {\n"}}, byTrees},
	{"prev-link-wrong", "insertion sets the wrong link back", []edit{{list,
		"f.Nodes[next].Links[l].Prev = h\n", "f.Nodes[next].Links[l].Prev = after\n"}}, byTrees},
	{"first-id-is-9", "ids begin right behind the initial ones", []edit{{"nstree/id.go",
		"f.LastID = uapi.NS_LAST_INIT_ID + 1 //", "f.LastID = uapi.NS_LAST_INIT_ID //"}}, byTrees},
	{"wrong-predecessor", "insertion looks for an id above", []edit{{list,
		"if n.ID <= id && n.Searchable(l) {", "if n.ID >= id && n.Searchable(l) {"}}, byTrees},

	{"setns-either-capability", "one of the two capabilities is enough to join", []edit{{setns,
		"x.NSCapable(x.T, x.Entries[ns].Owner, uapi.CAP_SYS_ADMIN) &&\n", "x.NSCapable(x.T, x.Entries[ns].Owner, uapi.CAP_SYS_ADMIN) ||\n"}}, byCalls},
	{"setns-pid-upwards", "a pid namespace above may be joined, one below not", []edit{{setns,
		"!x.PidNSIsAncestor(x.ActivePidNS(x.T), ns)", "!x.PidNSIsAncestor(ns, x.ActivePidNS(x.T))"}}, byCalls},
	{"setns-leaks-pid-ns", "setns keeps the pid namespace of its snapshot", []edit{{setns,
		"step{\"put_pid_ns\", func(x X) { x.putNS(x.take(snTgtPid)) }},", "step{\"put_pid_ns\", func(x X) { x.take(snTgtPid) }},"}}, byCalls},
	{"setns-keeps-file", "setns does not let go of the descriptor's file", []edit{{setns,
		"\t\t\tx.ret(e)\n\t\t\tx.fput(file)\n", "\t\t\tx.ret(e)\n\t\t\t_ = file\n"}}, byCalls},
	{"unshare-forgets-nsproxy", "a failing unshare leaks what it has made", []edit{{unshare,
		"\tdefault:\n\t\tx.push(opFreeProxy, p)\n", "\tdefault:\n"}}, byCalls},
	{"wrong-owner", "new namespaces belong to the caller's user namespace and not to the new one", []edit{{nsproxy,
		"ns, e := x.Alloc(typ, user)", "ns, e := x.Alloc(typ, x.cred().UserNS)"}}, byCalls},
	{"time-not-counted", "a new nsproxy does not hold its time namespace", []edit{{nsproxy,
		"\t\t\tx.Inc(ns)\n\t\t\tp.NS[sim.SlotTime] = ns\n", "\t\t\tp.NS[sim.SlotTime] = ns\n"}}, byCalls},
	{"unwind-one-short", "unwinding forgets the first namespace", []edit{{nsproxy,
		"\tif f.L[cnnAt] == 0 {\n", "\tif f.L[cnnAt] <= 1 {\n"}}, byCalls},
	{"listns-no-permission", "listns shows everybody everything", []edit{{listns,
		"!permitted.all && !permitted.check(x, at, e.Owner), !plain", "permitted.all && !permitted.check(x, at, e.Owner), !plain"}}, byCalls},
	{"listns-spare", "no reserved field is checked", []edit{{listns,
		"case req.Spare != 0, ", "case "}}, byCalls},
	{"listns-count-off-by-one", "a page has one entry too many", []edit{{listns,
		"for ns != 0 && left > 0 {", "for ns != 0 && left >= 0 {"}}, byCalls},
	{"handle-own-refused", "a handle does not open the caller's own namespaces", []edit{{visible,
		"\tif m.Current(t, ns) {\n", "\tif !m.Current(t, ns) {\n"}}, byCalls},
	{"siocgskns-wrong-capability", "SIOCGSKNS asks for another capability", []edit{{ioctl,
		"case !x.NSCapable(x.T, x.Entries[net].Owner, uapi.CAP_NET_ADMIN):", "case !x.NSCapable(x.T, x.Entries[net].Owner, uapi.CAP_NET_RAW):"}}, byCalls},
	{"mount-step-backwards", "NEXT is PREV", []edit{{ioctl,
		"x.Adjoined(ns, f.L[mnHow]&mnPrev != 0)", "x.Adjoined(ns, f.L[mnHow]&mnPrev == 0)"}}, byCalls},
	{"stash-leaks", "finding the cached inode keeps the passive reference", []edit{{nsfs,
		"\t\t\tx.Inode(i).Dentry++\n\t\t\tx.ret(int64(i))\n\t\t\tx.putNS(ns)\n", "\t\t\tx.Inode(i).Dentry++\n\t\t\tx.ret(int64(i))\n"}}, byCalls},
	{"inode-not-active", "an nsfs inode does not make its namespace active", []edit{{nsfs,
		"\t\t\tx.resurrect(ns)\n", "\t\t\t_ = ns\n"}}, byCalls},
	{"clone-no-active-user", "a new task does not make its user namespace active", []edit{{clone,
		"func(x X) { x.activeGet(x.child().cred().UserNS) }", "func(X) {}"}}, byCalls},
	{"creds-swapped", "commit_creds gets the old namespace and puts the new one", []edit{{creds,
		"\tcase half == 0:\n", "\tcase half != 0:\n"}}, byRaces},
	{"user-level-off-by-one", "user namespaces nest one level less", []edit{{creds,
		"if p.Level > maxUserNSLevel {", "if p.Level >= maxUserNSLevel {"}}, byCalls},
	{"pid-level-off-by-one", "pid namespaces nest one level more", []edit{{nsproxy,
		"Level >= maxPidNSLevel {", "Level > maxPidNSLevel {"}}, byCalls},
	{"pid-stays-active", "a freed pid keeps its namespace active", []edit{{"syscall/pid.go",
		"\tx.activePut(x.PidNS(p))\n}", "\t_ = x.PidNS(p)\n}"}}, byCalls},
	{"owner-put-twice", "the owner of a destroyed namespace is put twice", []edit{{put,
		"\tx.Nodes[ns].Flags |= sim.NodeOwnerPut\n\tx.putNS(x.Entries[ns].Owner)\n}", "\tx.Nodes[ns].Flags |= sim.NodeOwnerPut\n\tx.Put(x.Entries[ns].Owner)\n\tx.putNS(x.Entries[ns].Owner)\n}"}}, byCalls},
}
