// SPDX-License-Identifier: GPL-2.0-only
/*
 * How it works: main() forks the program's first task, `init`, as a child of its own, and
 * lets one task at a time make a call. Tasks share memory at one address; there are the
 * names of the program (V) and what the call of the line returned (R). A task sleeps on a
 * futex until a line is its own. Run it as root, in a virtual machine.
 */
#define SHARED_AT ((char *)0x200000000000)
#define SHARED_FD 1000	/* memory, kept across execve */
#define PROC_FD 1001	/* procfs of the initial pid namespace */
#define PASS_FD 1002	/* both ends of a socket, to hand descriptors over */
#define STACK (64 << 10)
#define MAX_IDS 4096	/* of struct ids */

struct task {
	unsigned int cmd, done;	/* line that is to be run, and that was */
	int level;		/* of its pid namespace */
	int nr[33];		/* its number in each, the initial one first */
	int seen;		/* it has run */
	char stack[STACK] __attribute__((aligned(16)));
};

struct result { long ret; int err; struct ids ids; };

struct shared {
	struct result results[NTASKS];
	struct task tasks[NTASKS];
	struct vars vars;
};

#define S ((struct shared *)SHARED_AT)
#define V (S->vars)
#define R (&S->results[me])

/* Makes the call of a line. */
#define CALL(x) do { errno = 0; R->ret = (long)(x); R->err = R->ret == -1 ? errno : 0; } while (0)

struct line {
	int task;		/* -1: of the driver, nobody's call */
	void (*run)(int me);
	int (*check)(int me);	/* 1: as it should be, 0: not, -1: skip */
	const char *text, *expected;
	int flags;
};
enum { UNFINISHED = 1, RESUME = 2, ENDS = 4, QUIET = 8, SETTLE = 16, UNCHECKED = 32, LISTS = 64 };

static const struct line lines[NLINES];
static const char *skip_reason;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

static void map_shared(void)
{
	if (mmap(SHARED_AT, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, SHARED_FD, 0) == MAP_FAILED)
		die("shared memory");
}

/* What a task does all its life. */
__attribute__((noreturn, used)) static void task_loop(long me)
{
	struct task *t = &S->tasks[me];
	unsigned int done = t->done;
	char link[64];
	ssize_t n = readlinkat(PROC_FD, "thread-self", link, sizeof link - 1);

	link[n > 0 ? n : 0] = 0;
	t->nr[0] = n > 0 ? atoi(strrchr(link, '/') + 1) : -1;
	__atomic_store_n(&t->seen, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		while (__atomic_load_n(&t->cmd, __ATOMIC_SEQ_CST) == done)
			syscall(SYS_futex, &t->cmd, FUTEX_WAIT, done, NULL, NULL, 0);
		done = t->cmd;
		lines[done - 1].run(me);
		__atomic_store_n(&t->done, done, __ATOMIC_SEQ_CST);
	}
}

/*
 * clone() and its like for a task that may share its parent's memory: the child goes to a
 * stack of its own at once.
 */
static __attribute__((unused)) long spawn(long child, long nr, long a, long b, long c, long d, long e)
{
#ifdef __x86_64__
	register long r10 asm("r10") = d, r8 asm("r8") = e, self asm("r13") = child;
	register char *stack asm("r12") = S->tasks[child].stack + STACK;
	long ret;

	asm volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\tmov %%r12, %%rsp\n\tmov %%r13, %%rdi\n\t"
		     "xor %%ebp, %%ebp\n\tcall *%[loop]\n1:"
		     : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(self), "r"(stack),
		       [loop] "r"(task_loop) : "rcx", "r11", "memory");
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
#else
#error "calls that make tasks are known for x86-64 only"
#endif
}

/* A task's pid as another task numbers it; -1 is the driver, in the initial pid namespace. */
static __attribute__((unused)) int pid_of(int task, int viewer)
{
	int level = viewer < 0 ? 0 : S->tasks[viewer].level;

	return level <= S->tasks[task].level ? S->tasks[task].nr[level] : 0;
}

static char state_letter(int task)
{
	char path[64], b[512], *p;
	int fd, n;

	snprintf(path, sizeof path, "%d/stat", S->tasks[task].nr[0]);
	fd = openat(PROC_FD, path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, b, sizeof b - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 'X';
	b[n] = 0;
	p = strrchr(b, ')');
	return p ? p[2] : 'X';
}

static __attribute__((unused)) const char *state_of(int task)
{
	char c = state_letter(task);

	if (c == 'Z')
		return "zombie";
	if (c == 'X')
		return "dead";
	return S->tasks[task].cmd == S->tasks[task].done ? "running" : "blocked";
}

/* Id of a task's namespace, by its name in /proc/PID/ns. */
static __attribute__((unused)) u64 ns_of(int task, const char *name)
{
	char path[64];
	u64 id = 0;
	int fd;

	snprintf(path, sizeof path, "%d/ns/%s", S->tasks[task].nr[0], name);
	fd = openat(PROC_FD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, NS_GET_ID, &id))
		id = 0;
	if (fd >= 0)
		close(fd);
	return id;
}

static __attribute__((unused, format(printf, 1, 2))) const char *text(const char *format, ...)
{
	static char b[8][4096];
	static int next;
	char *to = b[next++ % 8];
	va_list ap;

	va_start(ap, format);
	vsnprintf(to, sizeof b[0], format, ap);
	va_end(ap);
	return to;
}

/* A request as the kernel may read it: zeros, or the bytes of tail in hex, behind it. */
static __attribute__((unused)) void *request(struct ns_id_req req, const char *tail)
{
	static unsigned char b[8192];
	unsigned int v;

	memset(b, 0, sizeof b);
	memcpy(b, &req, sizeof req);
	for (size_t i = 0; sscanf(tail + 2 * i, "%2x", &v) == 1; i++)
		b[sizeof req + i] = v;
	return b;
}

static __attribute__((unused)) struct handle *handle(struct handle h, const char *tail)
{
	static struct handle b;
	unsigned int v;

	b = h;
	for (size_t i = 0; sscanf(tail + 2 * i, "%2x", &v) == 1 && i < sizeof b.rest; i++)
		b.rest[i] = v;
	return &b;
}

/* Memory of n ids with a page behind it that is not there. */
static __attribute__((unused)) u64 *room(long n)
{
	static char *page;

	if (!page) {
		page = mmap(NULL, 1 << 17, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		munmap(page + (1 << 16), 1 << 16);
	}
	return (u64 *)(page + (1 << 16)) - n;
}

#define KERNEL_ADDRESS ((void *)0xffff800000000000)

/* How many of n ids there is memory for at an address. */
static __attribute__((unused)) long mapped(u64 *at, long n)
{
	long i;

	for (i = 0; i < n; i++) {
		u64 copy;
		struct iovec to = { &copy, sizeof copy }, from = { at + i, sizeof copy };

		if (syscall(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0) != sizeof copy)
			break;
	}
	return i;
}

/* listns(); what it has stored is R->ids, also if it fails in the middle. */
static __attribute__((unused)) void list(int me, void *req, u64 *to, u64 nr, unsigned long flags, long fits)
{
	if (!to)
		memset(to = R->ids.id, 0, sizeof R->ids.id);
	else if ((fits = mapped(to, fits)) > 0)
		memset(to, 0, fits * sizeof *to);
	CALL(syscall(SYS_listns, req, to, nr, flags));
	R->ids.n = 0;
	for (long i = 0; i < MAX_IDS && (to == R->ids.id || i < fits) && to[i]; i++)
		R->ids.id[R->ids.n++] = to[i];
}

/* listns() page by page, with the last id as the next cursor. */
static __attribute__((unused)) void pages(int me, struct ns_id_req req, u64 nr)
{
	struct ids all = { 0 };

	for (;;) {
		list(me, request(req, ""), NULL, nr, 0, 0);
		if (R->err == ENOENT && (all.n || req.ns_id))
			break;
		if (R->err)
			return;
		for (long i = 0; i < R->ids.n && all.n < MAX_IDS; i++)
			all.id[all.n++] = R->ids.id[i];
		if ((u64)R->ret < nr)
			break;
		req.ns_id = all.id[all.n - 1];
	}
	R->ids = all;
	R->ret = all.n;
	R->err = 0;
}

static __attribute__((unused)) int has(const struct ids *l, u64 id)
{
	for (long i = 0; i < l->n; i++)
		if (l->id[i] == id)
			return 1;
	return 0;
}

static __attribute__((unused)) int same(const struct ids *l, long n, const u64 *ids)
{
	return l->n == n && memcmp(l->id, ids, n * sizeof *ids) == 0;
}

/* Entry i of a list, from the end if i is negative. */
static __attribute__((unused)) u64 entry(const struct ids *l, long i)
{
	i = i < 0 ? i + l->n : i;
	return i >= 0 && i < l->n ? l->id[i] : 0;
}

/* Sends or receives descriptors with one byte of data; returns what the call does. */
static __attribute__((unused)) long message(int send, int sock, long *fds, int n)
{
	char byte = 'x', control[CMSG_SPACE(16 * sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = n ? control : NULL,
			    .msg_controllen = n ? CMSG_SPACE(n * sizeof(int)) : 0 };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	long ret;

	if (send && c) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (int i = 0; i < n; i++)
			((int *)CMSG_DATA(c))[i] = fds[i];
	}
	ret = send ? sendmsg(sock, &m, 0) : recvmsg(sock, &m, 0);
	c = CMSG_FIRSTHDR(&m);
	for (int i = 0; !send && ret > 0 && c && i < n && CMSG_LEN((i + 1) * sizeof(int)) <= c->cmsg_len; i++)
		fds[i] = ((int *)CMSG_DATA(c))[i];
	return ret;
}

static __attribute__((unused)) long write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY), saved;
	long n;

	if (fd < 0)
		return -1;
	n = write(fd, value, strlen(value));
	saved = errno;
	close(fd);
	errno = saved;
	return n;
}

static __attribute__((unused)) long get_caps(struct caps *c)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	long ret = syscall(SYS_capget, &h, d);

	c->effective = d[0].effective | (u64)d[1].effective << 32;
	c->permitted = d[0].permitted | (u64)d[1].permitted << 32;
	c->inheritable = d[0].inheritable | (u64)d[1].inheritable << 32;
	return ret;
}

static __attribute__((unused)) long set_caps(struct caps c)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ c.effective, c.permitted, c.inheritable },
		{ c.effective >> 32, c.permitted >> 32, c.inheritable >> 32 },
	};

	return syscall(SYS_capset, &h, d);
}

/* Executes this program again, which goes back to being the task. */
static __attribute__((unused)) long exec_self(int me)
{
	char number[16];

	snprintf(number, sizeof number, "%d", me);
	return execl("/proc/self/exe", "nssim-task", number, NULL);
}

/* ---- the driver ---- */

static void learn_pids(int task)
{
	struct task *t = &S->tasks[task];
	char path[64], b[4096], *p;
	int fd, n;

	snprintf(path, sizeof path, "%d/status", t->nr[0]);
	fd = openat(PROC_FD, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, b, sizeof b - 1);
	if (fd >= 0)
		close(fd);
	b[n > 0 ? n : 0] = 0;
	if (!(p = strstr(b, "\nNSpid:")))
		return;
	for (p += 7, t->level = -1; *p != '\n' && t->level < 32;)
		t->nr[++t->level] = strtol(p, &p, 10);
}

/* Waits until a task has done its line, has ended, or (for what should block) sleeps. */
static int wait_for(int me, unsigned int line, int flags)
{
	struct task *t = &S->tasks[me];

	for (int ms = 0; ms < 10000; ms++) {
		if (__atomic_load_n(&t->done, __ATOMIC_SEQ_CST) == line)
			return 1;
		if (strchr("ZX", state_letter(me)))
			return 0;
		if (flags & UNFINISHED && ms >= 200)
			break;
		usleep(1000);
	}
	return -1;
}

static int begun[NTASKS];

/* Runs one line; 1: as it should be, 0: not, -1: the program ends as skipped. */
static int run_line(int i)
{
	const struct line *l = &lines[i];
	int me = l->task, ended, ok, line = i + 1;

	if (l->flags & SETTLE) {
		usleep(500000);
		printf("       %s\n", l->text);
		return 1;
	}
	if (l->flags & UNCHECKED) {
		printf("       %s   (not to be seen from user space)\n", l->text);
		return 1;
	}
	if (me < 0) {
		ok = l->check(-1);
		printf("%s %s\n", ok > 0 ? "ok    " : ok < 0 ? "skip  " : "NOT OK", l->text);
		return ok;
	}
	if (l->flags & RESUME) {
		line = begun[me];
	} else {
		begun[me] = line;
		__atomic_store_n(&S->tasks[me].cmd, line, __ATOMIC_SEQ_CST);
		syscall(SYS_futex, &S->tasks[me].cmd, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	ended = wait_for(me, line, l->flags);
	for (int t = 0; t < NTASKS; t++) {
		for (int ms = 0; ended == 1 && lines[line - 1].flags >> 16 == t + 1 && !R->err && !S->tasks[t].seen && ms < 5000; ms++)
			usleep(1000);
		if (S->tasks[t].seen)
			learn_pids(t);
	}
	if (l->flags & QUIET && ended == 1 && !R->err)
		return 1;
	if (l->flags & UNFINISHED)
		ok = ended < 0;
	else if (l->flags & ENDS)
		ok = ended == 0;
	else
		ok = ended == 1 ? (l->check ? l->check(me) : !R->err) : ended == 0 && !l->check;
	printf("%s %s", ok > 0 ? "ok    " : ok < 0 ? "skip  " : "NOT OK", l->text);
	if (ended < 0)
		printf(" <unfinished ...>");
	else if (ended == 0)
		printf(" = ?");
	else if (R->err)
		printf(" = -1 %s (%s)", strerrorname_np(R->err), strerror(R->err));
	else
		printf(" = %ld", R->ret);
	if (ended > 0 && l->flags & LISTS) {
		printf(" [");
		for (long k = 0; k < R->ids.n; k++)
			printf("%s%llu", k ? ", " : "", R->ids.id[k]);
		printf("]");
	}
	if (!ok)
		printf("   expected %s", l->expected);
	printf("\n");
	return ok;
}

int main(int argc, char **argv)
{
	int fd, pair[2], failed = 0;
	pid_t pid;

	if (argc == 2 && strcmp(argv[0], "nssim-task") == 0) {
		struct task *t;
		int me = atoi(argv[1]);

		map_shared();
		t = &S->tasks[me];
		R->ret = R->err = 0;
		t->done = t->cmd;
		task_loop(me);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = memfd_create("nssim", 0);
	if (fd < 0 || ftruncate(fd, sizeof(struct shared)) || dup2(fd, SHARED_FD) < 0)
		die("shared memory");
	close(fd);
	map_shared();
	fd = open("/proc", O_RDONLY | O_DIRECTORY);
	if (fd < 0 || dup2(fd, PROC_FD) < 0)
		die("/proc");
	close(fd);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) || dup2(pair[0], PASS_FD) < 0 || dup2(pair[1], PASS_FD + 1) < 0)
		die("socketpair");
	close(pair[0]);
	close(pair[1]);
	signal(SIGCHLD, SIG_IGN); /* orphans come here, and go */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		signal(SIGCHLD, SIG_DFL);
		setsid();
		close_range(0, SHARED_FD - 1, 0);
		if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2)
			_exit(126);
		task_loop(0);
	}
	while (!S->tasks[0].seen)
		usleep(1000);
	learn_pids(0);
	for (int i = 0; i < NLINES && !failed; i++) {
		int ok = run_line(i);

		if (ok < 0) {
			printf("SKIP: %s\n", skip_reason ? skip_reason : "");
			break;
		}
		failed = !ok;
	}
	for (int t = 0; t < NTASKS; t++)
		if (S->tasks[t].seen && S->tasks[t].nr[0] > 1 && !strchr("ZX", state_letter(t)))
			kill(S->tasks[t].nr[0], SIGKILL);
	printf(failed ? "FAIL\n" : "PASS\n");
	return failed;
}
