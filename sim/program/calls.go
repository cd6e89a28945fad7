// SPDX-License-Identifier: GPL-2.0-only

package program

// Binding says what the result of a call is, and so what type a name has that it binds.
type Binding uint8

// What a call returns.
const (
	// BindsZero is a call that returns 0.
	BindsZero Binding = iota
	// BindsTask is a call that makes a task.
	BindsTask
	// BindsPid is the number of a task that exists.
	BindsPid
	// BindsFD is a descriptor.
	BindsFD
	// BindsNumber is a number: bytes, ids, entries.
	BindsNumber
	// BindsAddress is an address.
	BindsAddress
	// BindsNothing is a call that does not return.
	BindsNothing
	// BindsAny depends on the arguments.
	BindsAny
)

// String returns what is bound in words, for the command reference.
func (b Binding) String() string {
	return [...]string{"0", "new task", "task", "descriptor", "number", "address", "does not return",
		"depends on the command"}[b]
}

// Signature is one system call as programs write it.
type Signature struct {
	Name string
	// Usage is the arguments for people, those in brackets may be left out.
	Usage string
	// Min and Max are how many arguments there may be.
	Min, Max int
	// Outs is the arguments in which an output (&NAME, _) may stand, at any depth.
	Outs []int
	// Fields is the fields of the structure among the arguments, if there is one.
	Fields []string
	// Binds is what the call returns.
	Binds Binding
	// Lists says that the result is a listing of ids (has, lacks, = [...]).
	Lists bool
	// Short says that the line stands for several calls, so that it cannot be stopped with
	// `until`.
	Short bool
	// ModelOnly says that no kernel has it.
	ModelOnly bool
	// Doc is a sentence for the command reference.
	Doc string
}

// Calls is the table of system calls, by subject.
var Calls = []Signature{
	{Name: "fork", Binds: BindsTask, Doc: "Makes a child that shares nothing but what is shared by reference."},
	{Name: "vfork", Binds: BindsTask, Doc: "Makes a child that uses the caller's memory; the caller blocks until the child executes a program or ends."},
	{Name: "clone", Usage: "FLAGS", Min: 1, Max: 1, Binds: BindsTask,
		Doc: "Makes a child or, with CLONE_THREAD, a thread. The low byte is the exit signal; none given means SIGCHLD, or 0 for a thread."},
	{Name: "clone3", Usage: "{flags=, exit_signal=, pidfd=&NAME, set_tid=[...], cgroup=}", Min: 1, Max: 1, Outs: []int{0}, Binds: BindsTask, Fields: []string{"flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls", "set_tid", "cgroup"},
		Doc: "Makes a child or a thread as the structure says."},
	{Name: "unshare", Usage: "FLAGS", Min: 1, Max: 1, Doc: "Puts the caller into new namespaces."},
	{Name: "setns", Usage: "FD, FLAGS", Min: 2, Max: 2, Doc: "Moves the caller into the namespace of a descriptor, or into those of a pidfd's task that FLAGS names."},
	{Name: "exit_group", Usage: "CODE", Min: 1, Max: 1, Binds: BindsNothing, Doc: "Ends the caller's process."},
	{Name: "exit", Usage: "CODE", Min: 1, Max: 1, Binds: BindsNothing, Doc: "Ends the calling thread."},
	{Name: "wait4", Usage: "PID [, &STATUS [, OPTIONS]]", Min: 1, Max: 3, Outs: []int{1}, Binds: BindsPid,
		Doc: "Reaps a child that has ended; blocks until there is one."},
	{Name: "waitid", Usage: "P_PID, PID [, &STATUS [, OPTIONS]]", Min: 2, Max: 4, Outs: []int{2},
		Doc: "Waits for a change of state of a child; WNOWAIT leaves it unreaped. OPTIONS is WEXITED when left out."},
	{Name: "execve", Usage: "PATH", Min: 1, Max: 1, Doc: "Executes a program: a new memory, close-on-exec descriptors closed."},
	{Name: "kill", Usage: "PID, SIG", Min: 2, Max: 2, Doc: "Sends a signal to a process."},
	{Name: "tgkill", Usage: "PID, TID, SIG", Min: 3, Max: 3, Doc: "Sends a signal to a thread."},
	{Name: "pidfd_send_signal", Usage: "FD, SIG", Min: 2, Max: 2, Doc: "Sends a signal to the process of a pidfd."},
	{Name: "signal", Usage: "SIG, SIG_IGN|SIG_DFL", Min: 2, Max: 2, Doc: "Ignores a signal, or not any more."},
	{Name: "pause", Binds: BindsAny, Doc: "Blocks until a signal comes."},
	{Name: "prctl", Usage: "OPTION [, ...]", Min: 1, Max: 5, Binds: BindsAny, Doc: "Sets an attribute of the caller: PR_SET_DUMPABLE, PR_SET_PDEATHSIG, ..."},

	{Name: "getpid", Binds: BindsPid, Doc: "The caller's process id in its own pid namespace."},
	{Name: "gettid", Binds: BindsPid, Doc: "The caller's thread id in its own pid namespace."},
	{Name: "getppid", Binds: BindsPid, Doc: "The parent's process id in the caller's pid namespace, 0 if it is outside."},
	{Name: "setsid", Binds: BindsPid, Doc: "Makes the caller the leader of a new session and process group; the caller's process id."},

	{Name: "open", Usage: "PATH, FLAGS [, MODE]", Min: 2, Max: 3, Binds: BindsFD, Doc: "Opens a file."},
	{Name: "openat", Usage: "FD, PATH, FLAGS [, MODE]", Min: 3, Max: 4, Binds: BindsFD, Doc: "Opens a file relative to a directory."},
	{Name: "close", Usage: "FD", Min: 1, Max: 1, Doc: "Closes a descriptor."},
	{Name: "dup", Usage: "FD", Min: 1, Max: 1, Binds: BindsFD, Doc: "Copies a descriptor to the lowest free number."},
	{Name: "dup2", Usage: "FD, N", Min: 2, Max: 2, Binds: BindsFD, Doc: "Copies a descriptor to number N."},
	{Name: "dup3", Usage: "FD, N, FLAGS", Min: 3, Max: 3, Binds: BindsFD, Doc: "Copies a descriptor to number N, with flags."},
	{Name: "fcntl", Usage: "FD, CMD [, ARG]", Min: 2, Max: 3, Binds: BindsAny, Doc: "F_DUPFD and F_DUPFD_CLOEXEC copy a descriptor, F_GETFD and F_SETFD are its flags."},
	{Name: "read", Usage: "FD, N", Min: 2, Max: 2, Binds: BindsNumber, Doc: "Reads at most N bytes."},
	{Name: "write", Usage: "FD|PATH, STRING", Min: 2, Max: 2, Binds: BindsNumber,
		Doc: "Writes to a descriptor. With a path it opens the file for writing, writes and closes it."},
	{Name: "readlink", Usage: "PATH, &STRING", Min: 2, Max: 2, Outs: []int{1}, Binds: BindsNumber, Doc: "Reads a symbolic link; that of a namespace file is like net:[4026531833]."},
	{Name: "stat", Usage: "PATH, &ST", Min: 2, Max: 2, Outs: []int{1}, Doc: "Reads a file's attributes: st_ino, st_dev, st_mode, st_uid, st_gid, st_nlink."},
	{Name: "lstat", Usage: "PATH, &ST", Min: 2, Max: 2, Outs: []int{1}, Doc: "Reads a file's attributes without following a symbolic link at the end."},
	{Name: "fstat", Usage: "FD, &ST", Min: 2, Max: 2, Outs: []int{1}, Doc: "Reads an open file's attributes."},
	{Name: "access", Usage: "PATH, MODE", Min: 2, Max: 2, Doc: "Tells whether a file is there (F_OK) and may be used."},
	{Name: "mkdir", Usage: "PATH [, MODE]", Min: 1, Max: 2, Doc: "Makes a directory."},
	{Name: "unlink", Usage: "PATH", Min: 1, Max: 1, Doc: "Removes a file."},
	{Name: "rmdir", Usage: "PATH", Min: 1, Max: 1, Doc: "Removes an empty directory."},
	{Name: "chdir", Usage: "PATH", Min: 1, Max: 1, Doc: "Changes the working directory."},
	{Name: "chroot", Usage: "PATH", Min: 1, Max: 1, Doc: "Changes the root directory."},

	{Name: "ioctl", Usage: "FD, CMD [, ARG]", Min: 2, Max: 3, Outs: []int{2}, Binds: BindsAny,
		Doc: "NS_* on namespace files, SIOCGSKNS on sockets, PIDFD_GET_*_NAMESPACE on pidfds. &INFO of NS_MNT_GET_* has size, nr_mounts, mnt_ns_id."},
	{Name: "name_to_handle_at", Usage: "FD, PATH, &H [, &MNT [, FLAGS]]", Min: 3, Max: 5, Outs: []int{2, 3}, Fields: []string{"handle_bytes"},
		Doc: "Makes a file handle. &H{handle_bytes=8} sets the room that is offered (128 otherwise)."},
	{Name: "open_by_handle_at", Usage: "FD, H, FLAGS", Min: 3, Max: 3, Binds: BindsFD, Fields: []string{"ns_id", "ns_type", "ns_inum", "handle_bytes", "handle_type", "tail"}, Doc: "Opens what a handle stands for."},

	{Name: "socket", Usage: "FAMILY, TYPE, PROTO", Min: 3, Max: 3, Binds: BindsFD, Doc: "Makes a socket in the caller's network namespace."},
	{Name: "socketpair", Usage: "FAMILY, TYPE, PROTO, [&A, &B]", Min: 4, Max: 4, Outs: []int{3}, Doc: "Makes two connected sockets."},
	{Name: "pipe", Usage: "[&R, &W]", Min: 1, Max: 1, Outs: []int{0}, Doc: "Makes a pipe."},
	{Name: "getsockopt", Usage: "FD, LEVEL, OPTION, &VALUE", Min: 4, Max: 4, Outs: []int{3}, Doc: "SO_NETNS_COOKIE is the id of the socket's network namespace."},
	{Name: "sendmsg", Usage: "FD, {fds=[A, B]}", Min: 2, Max: 2, Binds: BindsNumber, Fields: []string{"fds"}, Doc: "Sends descriptors through a socket (SCM_RIGHTS)."},
	{Name: "recvmsg", Usage: "FD, {fds=[&X, &Y]}", Min: 2, Max: 2, Outs: []int{1}, Binds: BindsNumber, Fields: []string{"fds"}, Doc: "Receives descriptors."},
	{Name: "sendfd", Usage: "TASK, FD", Min: 2, Max: 2, Binds: BindsFD, Short: true, Doc: "Gives TASK a copy of a descriptor through a socket, in one line."},

	{Name: "pidfd_open", Usage: "PID [, FLAGS]", Min: 1, Max: 2, Binds: BindsFD, Doc: "Opens a pidfd of a process, or of a thread with PIDFD_THREAD."},
	{Name: "pidfd_getfd", Usage: "FD, N", Min: 2, Max: 2, Binds: BindsFD, Doc: "Copies descriptor N of a pidfd's process."},

	{Name: "mount", Usage: "SRC, TARGET, TYPE, FLAGS", Min: 4, Max: 4, Doc: "Mounts, binds (MS_BIND) or changes how mounts propagate (MS_PRIVATE, MS_REC)."},
	{Name: "umount2", Usage: "TARGET, FLAGS", Min: 2, Max: 2, Doc: "Unmounts."},
	{Name: "open_tree", Usage: "FD, PATH, FLAGS", Min: 3, Max: 3, Binds: BindsFD, Doc: "Opens a mount, with OPEN_TREE_CLONE a copy of it."},
	{Name: "fsopen", Usage: "TYPE", Min: 1, Max: 1, Binds: BindsFD, Doc: "Opens a context for a new superblock."},
	{Name: "fsmount", Usage: "FD, FLAGS", Min: 2, Max: 2, Binds: BindsFD, Doc: "Makes a mount of a context."},
	{Name: "move_mount", Usage: "FD, PATH", Min: 2, Max: 2, Doc: "Attaches a mount."},

	{Name: "inotify_init", Binds: BindsFD, Doc: "Makes an inotify instance."},
	{Name: "inotify_add_watch", Usage: "FD, PATH, MASK", Min: 3, Max: 3, Binds: BindsNumber, Doc: "Watches a file; the watch holds its inode."},
	{Name: "inotify_rm_watch", Usage: "FD, WD", Min: 2, Max: 2, Doc: "Removes a watch."},

	{Name: "setuid", Usage: "U", Min: 1, Max: 1, Doc: "Sets the user id."},
	{Name: "setgid", Usage: "G", Min: 1, Max: 1, Doc: "Sets the group id."},
	{Name: "setreuid", Usage: "R, E", Min: 2, Max: 2, Doc: "Sets the real and effective user id, -1 leaves one as it is."},
	{Name: "setregid", Usage: "R, E", Min: 2, Max: 2, Doc: "Sets the real and effective group id, -1 leaves one as it is."},
	{Name: "setresuid", Usage: "R, E, S", Min: 3, Max: 3, Doc: "Sets the real, effective and saved user id, -1 leaves one as it is."},
	{Name: "setresgid", Usage: "R, E, S", Min: 3, Max: 3, Doc: "Sets the real, effective and saved group id, -1 leaves one as it is."},
	{Name: "setfsuid", Usage: "U", Min: 1, Max: 1, Binds: BindsNumber, Doc: "Sets the user id for files and returns the old one."},
	{Name: "setfsgid", Usage: "G", Min: 1, Max: 1, Binds: BindsNumber, Doc: "Sets the group id for files and returns the old one."},
	{Name: "setgroups", Usage: "[...]", Min: 1, Max: 1, Doc: "Sets the supplementary groups."},
	{Name: "getuid", Binds: BindsNumber, Doc: "The real user id as the caller's user namespace numbers it."},
	{Name: "geteuid", Binds: BindsNumber, Doc: "The effective user id as the caller's user namespace numbers it."},
	{Name: "getgid", Binds: BindsNumber, Doc: "The real group id as the caller's user namespace numbers it."},
	{Name: "getegid", Binds: BindsNumber, Doc: "The effective group id as the caller's user namespace numbers it."},
	{Name: "capset", Usage: "{effective=, permitted=, inheritable=}", Min: 1, Max: 1, Fields: []string{"effective", "permitted", "inheritable"},
		Doc: "Sets capabilities, as masks or lists of CAP_*; a field left out stays as it is."},
	{Name: "capget", Usage: "&C", Min: 1, Max: 1, Outs: []int{0}, Doc: "Reads the caller's capabilities: effective, permitted, inheritable."},

	{Name: "mmap", Usage: "ADDR, LEN", Min: 2, Max: 2, Binds: BindsAddress, Doc: "Maps memory."},
	{Name: "munmap", Usage: "ADDR, LEN", Min: 2, Max: 2, Doc: "Unmaps memory."},

	{Name: "listns", Usage: "REQ, [BUF,] NR [, FLAGS]", Min: 2, Max: 4, Outs: []int{1}, Binds: BindsNumber, Lists: true, Fields: []string{"size", "spare", "ns_id", "ns_type", "spare2", "user_ns_id", "tail"},
		Doc: "Lists the ids of namespaces. REQ is {ns_id=, ns_type=, user_ns_id=, size=, spare=, spare2=, tail=} or memory; BUF is &NAME or memory."},
	{Name: "pages", Usage: "REQ, [&NAME,] NR", Min: 2, Max: 3, Outs: []int{1}, Binds: BindsNumber, Lists: true, Short: true, Fields: []string{"size", "spare", "ns_id", "ns_type", "spare2", "user_ns_id", "tail"},
		Doc: "Calls listns again and again with the last id as cursor until a page is short, empty or ends in -ENOENT; returns the total."},
	{Name: "walk", Usage: "REQ [, &NAME]", Min: 1, Max: 2, Outs: []int{1}, Binds: BindsNumber, Lists: true, Short: true, ModelOnly: true, Fields: []string{"ns_type", "user_ns_id"},
		Doc: "What a tracing program sees that walks the unified list, a type's or an owner's: every namespace, inactive ones too, whoever asks. No kernel has it as a call."},
}

// FuncUse says where a function may stand.
type FuncUse uint8

// Where a function may stand.
const (
	// InState is assertions and `skip if` lines: the function looks at the machine.
	InState FuncUse = 1 << iota
	// InArgs is arguments of calls.
	InArgs
	// InValues is wherever a value is compared.
	InValues
)

// Function is one function that expressions may call.
type Function struct {
	Name     string
	Usage    string
	Min, Max int
	Use      FuncUse
	// Doc is a sentence for the command reference.
	Doc string
}

// Functions is the table of functions.
var Functions = []Function{
	{"active", "X", 1, 1, InState | InValues, "The active count of a namespace, __ns_ref_active; 0 when it does not exist any more."},
	{"passive", "X", 1, 1, InState | InValues, "The passive count of a namespace, __ns_ref; exact only right after settle; 0 when it does not exist any more."},
	{"exists", "X", 1, 1, InState | InValues, "Whether a namespace is still on the trees."},
	{"listed", "X", 1, 1, InState | InValues, "Whether a namespace is visible: active, and alive."},
	{"inum", "X", 1, 1, InState | InValues, "The inode number of a namespace."},
	{"owner", "X", 1, 1, InState | InValues, "The id of the user namespace that owns a namespace; 0 for none."},
	{"type", "X", 1, 1, InState | InValues, "The type of a namespace as its CLONE_NEW* bit."},
	{"state", "T", 1, 1, InState | InValues, "The state of a task: running, blocked, zombie or dead."},
	{"warnings", "", 0, 0, InState | InValues, "The number of kernel assertions that fired so far."},
	{"len", "L", 1, 1, InState | InArgs | InValues, "The number of entries of a list, or of bytes of a string."},
	{"exited", "CODE", 1, 1, InState | InValues, "The wait status of a process that ended with CODE."},
	{"killed", "SIG", 1, 1, InState | InValues, "The wait status of a process that a signal ended."},
	{"raw", "FD", 1, 1, InState | InArgs | InValues, "The bare number of a descriptor, not checked to be still that file."},
	{"room", "K", 1, 1, InArgs, "A buffer with room for K entries that faults behind them."},
	{"kernel", "", 0, 0, InArgs, "An address that user space may not use."},
}

var (
	signatures = tableByName(Calls, func(s *Signature) string { return s.Name })
	functions  = tableByName(Functions, func(f *Function) string { return f.Name })
	callNames  = tableNames(Calls, func(s *Signature) string { return s.Name })
	funcNames  = tableNames(Functions, func(f *Function) string { return f.Name })
)

func tableByName[T any](table []T, name func(*T) string) map[string]*T {
	m := make(map[string]*T, len(table))
	for i := range table {
		m[name(&table[i])] = &table[i]
	}
	return m
}

func tableNames[T any](table []T, name func(*T) string) []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = name(&table[i])
	}
	return names
}

// CallByName returns the signature of a call, nil if there is none of that name.
func CallByName(name string) *Signature { return signatures[name] }
