// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's side of nssim live: pid 1 of a virtual machine, and every task of the
 * programs that run in it.
 *
 * Pid 1 ignores SIGCHLD, so that orphans vanish when they die. For each program it forks
 * a root task. A task does nothing by itself: it sleeps on a futex in its slot of a shared
 * mapping until a call is put there, makes it, leaves what it returned in the slot and
 * sleeps again. The mapping is at one address in all of them, so the host writes pointers
 * into arguments as they are, and needs no help here for any particular call: only calls
 * that make a task are special, since the child starts on its own stack in its own slot.
 *
 * A task uses raw system calls only; threads and vfork children share memory with others.
 * A slot's `life` is a robust futex: the kernel marks it when the task dies, which saves
 * looking for the dead. Pid 1 answers when nothing in the machine runs any more.
 *
 * Frames on the port are {u32 bytes, u32 op} and the payload, in the machine's byte order;
 * the host's wire.go has the same tables.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the guest agent knows how to make tasks on x86-64 only"
#endif

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define PROTOCOL 1

#ifndef NS_GET_ID
#define NS_GET_ID _IOR(0xb7, 13, u64) /* v6.18 */
#endif

enum { /* requests and their answers */
	OP_HELLO = 1, /* agent to host, once */
	OP_START,     /* a root task for a program */
	OP_CALL,      /* a task makes a call */
	OP_LOOK,      /* wait until nothing runs, report */
	OP_END,       /* kill the program, clean up */
	OP_MEMORY,    /* a task's memory */
	OP_SYMBOLS,   /* addresses of kernel symbols */
	OP_FILE,      /* contents of a file */
	OP_LAYOUT,    /* where the counts are */
	OP_KMEM,      /* kernel memory */
	OP_LINK,      /* what a symbolic link says */
	OP_NSID,      /* the id of the namespace of a file */
	OP_OFF,       /* power off */
};

enum { /* records of an answer: {u32 kind, u32 bytes}, then the bytes */
	REC_RETURN = 1, /* u64 slot, s64 result, then the output regions one after the other */
	REC_TASK,       /* u64 slot, u64 state, u64 number of levels, u64 pid in each, outermost first */
	REC_NS,         /* struct counts, one after the other */
	REC_TEXT,       /* a kernel message */
	REC_BYTES,      /* what a read gave */
	REC_ERROR,      /* the request failed; text */
	REC_NUMBERS,    /* u64 ... */
};

enum { /* flags of requests */
	SNAPSHOT = 1, /* answer with the namespaces' counts */
	BARRIER = 2,  /* let RCU callbacks that are queued run first */
};

#define BASE ((u8 *)0x200000000000) /* of the shared mapping, in every task */
#define SLOTS 1024
#define SLOT_SIZE 16384
#define STACK_SIZE 4096
#define HEAP_SIZE (8 << 20) /* for big buffers; what follows is not mapped */
#define SHARED_SIZE ((size_t)SLOTS * SLOT_SIZE + HEAP_SIZE)
#define MAX_OUT 4
#define MAX_LEVELS 34

#define SHARED_FD 1000 /* descriptors that every task keeps, out of a program's way */
#define PASS_FD 1001   /* both ends of a socket, to hand descriptors over */
#define PASS_TO_FD 1002

struct region {
	u64 addr, len, unit; /* with a unit, len is only the most: unit times the result counts */
};

struct slot {
	u32 cmd, done; /* number of the call to be made, and of the one that was */
	u32 life;      /* robust futex: the owner's tid, FUTEX_OWNER_DIED when it is dead */
	u32 tid;       /* in the task's own pid namespace; 0: nobody is here */
	u32 child;     /* slot of the task that the call makes; 0: it makes none */
	u32 nout;
	s64 nr, args[6], ret;
	struct region out[MAX_OUT];
	struct robust_list_head robust;
	struct robust_list entry;
	u8 data[]; /* up to the stack at the slot's end */
};

#define DATA_OFFSET 512
#define DATA_SIZE (SLOT_SIZE - STACK_SIZE - DATA_OFFSET)
_Static_assert(sizeof(struct slot) <= DATA_OFFSET, "a slot's head is too big");

static struct slot *slot_at(u64 i) { return (struct slot *)(BASE + i * SLOT_SIZE); }
static u8 *heap(void) { return BASE + (size_t)SLOTS * SLOT_SIZE; }

/* ---- tasks ---- */

static long raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

/* Slot 0 is no task's; its cmd is the bell that tasks ring when they have returned. */
static void ring(void)
{
	__atomic_add_fetch(&slot_at(0)->cmd, 1, __ATOMIC_SEQ_CST);
	raw(SYS_futex, (long)&slot_at(0)->cmd, FUTEX_WAKE, 1, 0, 0, 0);
}

/* Puts a task into its slot: from now on its death shows there. */
static void move_in(struct slot *s)
{
	s->robust.list.next = &s->entry;
	s->entry.next = &s->robust.list;
	s->robust.futex_offset = (long)((u8 *)&s->life - (u8 *)&s->entry);
	s->robust.list_op_pending = NULL;
	s->tid = raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
	s->life = s->tid;
	raw(SYS_set_robust_list, (long)&s->robust, sizeof s->robust, 0, 0, 0, 0);
}

/*
 * Makes a call that may make a task. The child leaves the caller's stack, which may be the
 * same memory, before it touches it, and goes into its loop.
 */
static long spawn(struct slot *s)
{
	struct slot *child = slot_at(s->child);
	register long r10 asm("r10") = s->args[3], r8 asm("r8") = s->args[4], r9 asm("r9") = s->args[5];
	register void *stack asm("r12") = (u8 *)child + SLOT_SIZE;
	register void *where asm("r13") = child;
	long ret;

	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "mov %%r12, %%rsp\n\t"
		     "mov %%r13, %%rdi\n\t"
		     "xor %%ebp, %%ebp\n\t"
		     "call task_loop\n"
		     "1:"
		     : "=a"(ret)
		     : "a"(s->nr), "D"(s->args[0]), "S"(s->args[1]), "d"(s->args[2]), "r"(r10), "r"(r8),
		       "r"(r9), "r"(stack), "r"(where)
		     : "rcx", "r11", "memory");
	return ret;
}

/* What a task does all its life. */
__attribute__((noreturn, used)) void task_loop(struct slot *s)
{
	u32 seen = s->done;

	move_in(s);
	ring();
	for (;;) {
		while (__atomic_load_n(&s->cmd, __ATOMIC_SEQ_CST) == seen)
			raw(SYS_futex, (long)&s->cmd, FUTEX_WAIT, seen, 0, 0, 0);
		seen = s->cmd;
		s->ret = s->child ? spawn(s)
				  : raw(s->nr, s->args[0], s->args[1], s->args[2], s->args[3], s->args[4], s->args[5]);
		__atomic_store_n(&s->done, seen, __ATOMIC_SEQ_CST);
		ring();
	}
}

static void *map_shared(int fd)
{
	return mmap(BASE, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
}

/* What execve makes of a task: this program again, which goes back to its slot. */
static int resume_after_exec(const char *number)
{
	struct slot *s = slot_at(strtoul(number, NULL, 10));

	if (map_shared(SHARED_FD) == MAP_FAILED)
		return 126;
	s->ret = 0;
	s->done = s->cmd;
	task_loop(s);
}

/* ---- pid 1: answers ---- */

static int port = -1;
static u8 answer[16 << 20];
static size_t answer_len, rec_start;

static void put(const void *p, size_t n)
{
	if (n > sizeof answer - answer_len)
		n = sizeof answer - answer_len;
	memcpy(answer + answer_len, p, n);
	answer_len += n;
}

static void put64(u64 v) { put(&v, sizeof v); }

static void rec_begin(u32 kind)
{
	u32 head[2] = { kind, 0 };

	rec_start = answer_len;
	put(head, sizeof head);
}

static void rec_end(void)
{
	u32 n = answer_len - rec_start - 8;

	memcpy(answer + rec_start + 4, &n, sizeof n);
}

static void text(u32 kind, const char *s)
{
	rec_begin(kind);
	put(s, strlen(s));
	rec_end();
}

static void fail(const char *what)
{
	char b[512];

	snprintf(b, sizeof b, "%s: %s", what, strerror(errno));
	text(REC_ERROR, b);
}

static void die(const char *what)
{
	printf("nssim agent: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void transfer(int writing, void *p, size_t n)
{
	for (u8 *b = p; n;) {
		ssize_t k = writing ? write(port, b, n) : read(port, b, n);

		if (k < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (k <= 0)
			die("the port to the host");
		b += k;
		n -= k;
	}
}

static void send_answer(u32 op)
{
	u32 head[2] = { answer_len - 8, op };

	memcpy(answer, head, sizeof head);
	transfer(1, answer, answer_len);
}

/* ---- pid 1: what the machine is doing ---- */

static int proc = -1, loadavg = -1, kmsg = -1;
static long ncpus;

static int slurp(int dir, const char *path, char *b, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, b, size - 1);

	if (fd >= 0)
		close(fd);
	b[n > 0 ? n : 0] = 0;
	return n;
}

/* Number of tasks, the kernel's included, that are on a CPU or could be. */
static int running(void)
{
	char b[64];
	ssize_t n = pread(loadavg, b, sizeof b - 1, 0);
	char *p = b;

	b[n > 0 ? n : 0] = 0;
	for (int i = 0; i < 3 && p; i++)
		p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL;
	return p ? atoi(p) : 0;
}

/* A task's state letter, X when it is gone. */
static char state_of(u32 pid)
{
	char path[32], b[512], *p;

	snprintf(path, sizeof path, "%u/stat", pid);
	if (slurp(proc, path, b, sizeof b) <= 0)
		return 'X';
	p = strrchr(b, ')');
	return p && p[1] == ' ' ? p[2] : '?';
}

#define IDLE '-'

struct known { /* pid 1's private knowledge of a slot's task */
	u32 pid;      /* in the initial pid namespace */
	u32 tid;      /* in its own */
	u32 parent;   /* slot */
	u32 thread;   /* CLONE_THREAD */
	u32 told;     /* number of the last call whose result was told */
	char state;   /* IDLE between calls, otherwise a letter of /proc/PID/stat; 0: nobody */
	char said;    /* the state that was told */
	u32 levels, nrs[MAX_LEVELS];
};

static struct known known[SLOTS];
static u32 used; /* slots below may be in use */

static int read_levels(const char *path, struct known *k)
{
	char b[4096], *p;

	if (slurp(proc, path, b, sizeof b) <= 0 || strstr(b, "\nKthread:\t1") || !(p = strstr(b, "\nNSpid:")))
		return 0;
	p += 7;
	for (k->levels = 0; *p != '\n' && k->levels < MAX_LEVELS; k->levels++)
		k->nrs[k->levels] = strtoul(p, &p, 10);
	k->pid = k->levels ? k->nrs[0] : 0;
	return k->levels;
}

/* Whether a slot has a task with that number; the dead count unless they may be replaced. */
static int is_known(u32 pid, int replace)
{
	for (u32 i = 1; i < used; i++)
		if (known[i].state && known[i].state != 'X' && known[i].pid == pid &&
		    !(replace && slot_at(i)->life & FUTEX_OWNER_DIED))
			return 1;
	return 0;
}

/* Looks in a directory of procfs for a task that is in no slot yet and calls itself tid. */
static int search(const char *dir, u32 tid, struct known *k)
{
	int replace = k->pid != 0; /* a thread that has executed a program takes the leader's number */
	int fd = openat(proc, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int found = 0;

	while (d && !found && (e = readdir(d))) {
		char path[300];
		u32 pid = strtoul(e->d_name, NULL, 10);

		if (pid <= 2 || is_known(pid, replace))
			continue;
		snprintf(path, sizeof path, "%s/%s/status", dir, e->d_name);
		found = read_levels(path, k) && k->nrs[k->levels - 1] == tid;
	}
	if (d)
		closedir(d);
	return found;
}

static int find_task(u32 i)
{
	struct slot *s = slot_at(i), *maker = slot_at(known[i].parent);
	struct known *k = &known[i], *parent = &known[k->parent];
	char path[64];

	if (k->thread) {
		snprintf(path, sizeof path, "%u/task", parent->pid);
		return search(path, s->tid, k);
	}
	/* A parent in the initial pid namespace got the number that is wanted. */
	snprintf(path, sizeof path, "%ld/status", (long)maker->ret);
	if (parent->levels == 1 && (k->parent == 0 || maker->done == maker->cmd) && maker->ret > 0 &&
	    read_levels(path, k) && k->nrs[k->levels - 1] == s->tid)
		return 1;
	return search(".", s->tid, k);
}

/* Finds out which task has moved into a slot. */
static void identify(u32 i)
{
	struct known *k = &known[i];

	k->tid = slot_at(i)->tid;
	k->said = 0;
	k->state = find_task(i) ? IDLE : 'X';
	k->thread = 0; /* of a thread that executes a program no other is left */
	for (u32 j = 1; k->state == IDLE && j < used; j++)
		if (j != i && known[j].state && known[j].pid == k->pid)
			known[j].state = 'X'; /* the leader that it has replaced */
}

/* Whether a call waits for the child that it has made. */
static int is_vfork(struct slot *s)
{
	u64 flags = s->args[0];

	if (s->nr == SYS_clone3)
		flags = *(u64 *)s->args[0];
	return s->child && slot_at(s->child)->tid && (s->nr == SYS_vfork || flags & CLONE_VFORK);
}

/* Whether a task's call that makes another is as far as it gets by itself. */
static int has_made(u32 i)
{
	struct slot *s = slot_at(i);

	return i == 0 || s->cmd == s->done || is_vfork(s);
}

/* Looks at every task; true if all have come to rest. */
static int look(void)
{
	int quiet = running() <= 1; /* first: a letter read while others run may be passing */

	for (u32 i = 1; i < used; i++) {
		struct slot *s = slot_at(i);
		struct known *k = &known[i];

		/* A thread that executes a program has no number of its own for a while. */
		if ((k->state == 'X' && k->tid == s->tid) || !s->tid)
			continue;
		if (k->tid != s->tid) { /* it is new, or a thread that has executed a program */
			if (!k->tid && !has_made(k->parent)) {
				quiet = 0;
				continue;
			}
			identify(i);
		}
		if (s->life & FUTEX_OWNER_DIED) {
			k->state = state_of(k->pid);
			/* S, I: the first process of a pid namespace waits for the others. */
			quiet &= !!strchr("ZXSI", k->state);
		} else if (s->cmd != s->done) {
			k->state = state_of(k->pid);
			quiet &= k->state == 'S' || k->state == 'T' || (k->state == 'D' && is_vfork(s));
		} else {
			k->state = IDLE;
		}
	}
	return quiet && running() <= 1;
}

static u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static int wait_until_quiet(u64 limit_us)
{
	u64 end = now_us() + limit_us;

	while (!look()) {
		if (now_us() >= end)
			return -1;
		if (running() > 1)
			sched_yield();
		else
			usleep(500);
	}
	return 0;
}

/* ---- pid 1: kernel memory ---- */

static int kcore = -1;
static struct load { u64 addr, size, offset; } loads[64];
static u32 nloads;

static int open_kcore(void)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (kcore >= 0)
		return 0;
	kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (kcore < 0 || pread(kcore, &eh, sizeof eh, 0) != sizeof eh)
		return -1;
	for (int i = 0; i < eh.e_phnum && nloads < 64; i++) {
		if (pread(kcore, &ph, sizeof ph, eh.e_phoff + i * sizeof ph) != sizeof ph)
			return -1;
		if (ph.p_type == PT_LOAD)
			loads[nloads++] = (struct load){ ph.p_vaddr, ph.p_memsz, ph.p_offset };
	}
	return 0;
}

static int kread(u64 addr, void *p, size_t n)
{
	if (open_kcore())
		return -1;
	for (u32 i = 0; i < nloads; i++)
		if (addr - loads[i].addr < loads[i].size)
			return pread(kcore, p, n, loads[i].offset + (addr - loads[i].addr)) == (ssize_t)n ? 0 : -1;
	errno = EFAULT;
	return -1;
}

struct layout { /* of struct ns_common, found by the host in the kernel's type information */
	u64 head;            /* address of the unified list's head */
	u64 node, id, type, inum, passive, active; /* offsets in ns_common */
	u64 size;            /* bytes that hold all of them */
	u64 user;            /* offset of ns_common in struct user_namespace */
	u64 ntypes;
	struct { s64 type, owner; } types[16]; /* distance from ns_common to the pointer to its owner */
	u64 rcu_len;         /* a processor's number of queued RCU callbacks, less its offset; 0: not known */
	u64 cpu_offset;      /* address of the processors' offsets */
};

struct counts {
	u64 id, owner;
	u32 type, inum;
	s64 passive, active;
};

static struct layout layout;

#define MAX_NS 16384
static struct counts table[MAX_NS];
static u64 where[MAX_NS];

static u64 field(const u8 *ns, u64 offset, int bytes)
{
	u64 v = 0;

	memcpy(&v, ns + offset, bytes);
	return v;
}

/* Reads the unified list; -1 if it changed meanwhile or makes no sense. */
static int read_list(void)
{
	u64 entry, n = 0, owner;
	u8 ns[1024];

	if (kread(layout.head, &entry, 8))
		return -1;
	for (; entry != layout.head; n++) {
		u64 at = entry - layout.node;
		struct counts *c = &table[n];

		if (n == MAX_NS || kread(at, ns, layout.size))
			return -1;
		where[n] = at;
		*c = (struct counts){ .id = field(ns, layout.id, 8), .type = field(ns, layout.type, 4),
				      .inum = field(ns, layout.inum, 4),
				      .passive = (int)field(ns, layout.passive, 4),
				      .active = (int)field(ns, layout.active, 4) };
		for (u64 i = 0; i < layout.ntypes; i++)
			if (layout.types[i].type == c->type && kread(at + layout.types[i].owner, &owner, 8) == 0)
				c->owner = owner ? owner + layout.user : 0;
		entry = field(ns, layout.node, 8);
	}
	for (u64 i = 0; i < n; i++) { /* addresses of owners become ids */
		u64 at = table[i].owner, j = 0;

		while (j < n && where[j] != at)
			j++;
		if (at && j < n)
			table[i].owner = table[j].id;
		else if (at && kread(at + layout.id, &table[i].owner, 8))
			return -1;
	}
	return n;
}

/* RCU callbacks that are queued, -1 if that cannot be told. */
static s64 callbacks(void)
{
	s64 sum = 0, n;
	u64 offset;

	if (!layout.rcu_len)
		return -1;
	for (long cpu = 0; cpu < ncpus; cpu++) {
		if (kread(layout.cpu_offset + 8 * cpu, &offset, 8) || kread(layout.rcu_len + offset, &n, 8))
			return -1;
		sum += n;
	}
	return sum;
}

/*
 * Lets the callbacks run that RCU has queued, and what they set off: looks until there are
 * none. Where that cannot be told, or somebody queues ever more, asks the kernel, which
 * does it at most 16 times a second (kernel/rcu/tree.c: do_rcu_barrier, v5.19).
 */
static int rcu_barrier(u64 limit_us)
{
	u64 end = now_us() + 100000;
	int fd;

	while (now_us() < end) {
		s64 n = callbacks();

		if (n < 0)
			break;
		if (wait_until_quiet(limit_us))
			return -1;
		if (n == 0 && callbacks() == 0)
			return 0;
		usleep(500);
	}
	fd = open("/sys/module/rcutree/parameters/do_rcu_barrier", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1\n", 2) != 2)
		usleep(100000);
	if (fd >= 0)
		close(fd);
	return wait_until_quiet(limit_us);
}

static void snapshot(void)
{
	int n = -1;

	if (!layout.head)
		return;
	for (int i = 0; i < 100 && (n = read_list()) < 0; i++)
		usleep(200);
	if (n < 0) {
		fail("the list of namespaces");
		return;
	}
	rec_begin(REC_NS);
	put(table, n * sizeof table[0]);
	rec_end();
}

/* ---- pid 1: reports ---- */

static void tell_return(u32 i)
{
	struct slot *s = slot_at(i);

	rec_begin(REC_RETURN);
	put64(i);
	put64(s->ret);
	for (u32 r = 0; r < s->nout && r < MAX_OUT; r++) {
		u64 n = s->out[r].len;

		if (s->out[r].unit) {
			u64 filled = s->ret > 0 ? (u64)s->ret * s->out[r].unit : 0;

			n = filled < n ? filled : n;
		}
		put64(n);
		put((void *)s->out[r].addr, n);
	}
	rec_end();
}

static void tell_task(u32 i)
{
	struct known *k = &known[i];

	rec_begin(REC_TASK);
	put64(i);
	put64(k->state);
	put64(k->levels);
	for (u32 l = 0; l < k->levels; l++)
		put64(k->nrs[l]);
	rec_end();
	k->said = k->state;
}

/* Warnings and worse that the kernel has logged since it was last asked. */
static void tell_messages(void)
{
	char b[8192];
	ssize_t n;

	while ((n = read(kmsg, b, sizeof b - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		char *p;

		if (n < 0)
			continue;
		b[n] = 0;
		p = strchr(b, ';');
		if (p && (atoi(b) & 7) <= 4) {
			p[1 + strcspn(p + 1, "\n")] = 0;
			text(REC_TEXT, p + 1);
		}
	}
}

/* Who keeps the machine from coming to rest. */
static void tell_noise(void)
{
	char b[512];
	int n = snprintf(b, sizeof b, "the machine does not come to rest: %d tasks can run", running());

	for (u32 i = 1; i < used && n < 400; i++)
		if (known[i].state && !strchr("-SZX", known[i].state))
			n += snprintf(b + n, sizeof b - n, ", %u is in state %c", known[i].pid, known[i].state);
	text(REC_ERROR, b);
}

/* What every answer about a program ends with. */
static void report(u64 flags, u64 limit_us)
{
	int noisy = wait_until_quiet(limit_us);

	if (flags & BARRIER)
		noisy = rcu_barrier(limit_us);
	if (noisy)
		tell_noise();
	for (u32 i = 1; i < used; i++) {
		struct known *k = &known[i];

		if (!k->state)
			continue;
		/* Tasks first: the host wants to know a child before it sees who made it. */
		if (k->state != k->said)
			tell_task(i);
	}
	for (u32 i = 1; i < used; i++)
		if (known[i].state && slot_at(i)->done == slot_at(i)->cmd && known[i].told != slot_at(i)->done) {
			known[i].told = slot_at(i)->done;
			tell_return(i);
		}
	tell_messages();
	if (flags & SNAPSHOT)
		snapshot();
}

/* ---- pid 1: requests ---- */

static u8 request[1 << 20];
static size_t request_len, request_at;

static u64 get64(void)
{
	u64 v = 0;

	if (request_at + 8 <= request_len)
		memcpy(&v, request + request_at, 8);
	request_at += 8;
	return v;
}

static int in_shared(u64 addr, u64 len)
{
	return addr >= (u64)BASE && len <= SHARED_SIZE && addr - (u64)BASE <= SHARED_SIZE - len;
}

static int own_uts = -1; /* pid 1's uts namespace */

static void clear_slot(u32 i)
{
	memset(slot_at(i), 0, DATA_OFFSET);
	memset(&known[i], 0, sizeof known[i]);
	if (i >= used)
		used = i + 1;
}

/*
 * The id that the next namespace will have: that of one that is made and goes again, plus 1.
 * Pid 1 makes it, for want of a cheaper way, and goes back to where it was.
 */
static u64 next_id(void)
{
	u64 id = 0;
	int fd;

	if (unshare(CLONE_NEWUTS))
		return 0;
	fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, NS_GET_ID, &id))
		id = 0;
	close(fd);
	if (setns(own_uts, CLONE_NEWUTS))
		die("setns");
	return id ? id + 1 : 0;
}

/* The root task of a program: a child of pid 1 that leads its own session. */
static void op_start(void)
{
	u64 flags = get64();
	u32 i = 1;
	pid_t pid;

	used = 1;
	memset(known, 0, sizeof known);
	rec_begin(REC_NUMBERS);
	put64(next_id());
	rec_end();
	clear_slot(i);
	pid = fork();
	if (pid < 0) {
		fail("fork");
		return;
	}
	if (pid == 0) {
		signal(SIGCHLD, SIG_DFL);
		setsid();
		close_range(0, SHARED_FD - 1, 0);
		close_range(PASS_TO_FD + 1, ~0U, 0);
		if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2)
			_exit(126);
		task_loop(slot_at(i));
	}
	slot_at(0)->ret = pid;
	known[0].levels = 1;
	while (!slot_at(i)->tid)
		usleep(200);
	report(flags, 20000000);
}

static void op_call(void)
{
	u64 i = get64(), child = get64(), flags = get64(), limit = get64();
	struct slot *s = slot_at(i < SLOTS ? i : 0);
	u64 parts;

	if (i == 0 || i >= SLOTS || child >= SLOTS || !known[i].state || s->cmd != s->done) {
		text(REC_ERROR, "a call for a task that cannot make one");
		return;
	}
	s->nr = get64();
	for (int a = 0; a < 6; a++)
		s->args[a] = get64();
	s->nout = get64();
	for (u32 r = 0; r < s->nout && r < MAX_OUT; r++) {
		s->out[r] = (struct region){ .addr = get64() };
		s->out[r].len = get64();
		s->out[r].unit = get64();
		if (!in_shared(s->out[r].addr, s->out[r].len)) {
			text(REC_ERROR, "an output that is not in the shared mapping");
			return;
		}
		memset((void *)s->out[r].addr, 0, s->out[r].len);
	}
	for (parts = get64(); parts; parts--) { /* inputs: address, length, bytes */
		u64 addr = get64(), len = get64();

		if (!in_shared(addr, len) || request_at + len > request_len) {
			text(REC_ERROR, "an input that is not in the shared mapping");
			return;
		}
		memcpy((void *)addr, request + request_at, len);
		request_at += len;
	}
	s->child = child;
	if (child) {
		clear_slot(child);
		known[child].parent = i;
		known[child].thread = !!(flags & 1ULL << 32);
	}
	u32 bell = slot_at(0)->cmd;
	struct timespec step = { 0, 2000000 };

	__atomic_add_fetch(&s->cmd, 1, __ATOMIC_SEQ_CST);
	raw(SYS_futex, (long)&s->cmd, FUTEX_WAKE, 1, 0, 0, 0);
	raw(SYS_futex, (long)&slot_at(0)->cmd, FUTEX_WAIT, bell, (long)&step, 0, 0);
	report(flags, limit);
}

static void op_look(void)
{
	u64 flags = get64(), limit = get64();

	report(flags, limit);
}

/* Reads a task's memory as far as it is mapped, or fills it with zeros. */
static void op_memory(void)
{
	u64 i = get64(), addr = get64(), len = get64(), clear = get64();
	static u8 b[HEAP_SIZE];
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%u/mem", known[i < SLOTS ? i : 0].pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fail(path);
		return;
	}
	len = len < sizeof b ? len : sizeof b;
	if (clear)
		memset(b, 0, len);
	n = clear ? pwrite(fd, b, len, addr) : pread(fd, b, len, addr);
	close(fd);
	rec_begin(REC_BYTES);
	put(b, clear || n < 0 ? 0 : n);
	rec_end();
}

/* Addresses of the symbols named, 0 for one that there is not. */
static void op_symbols(void)
{
	u64 n = get64(), found[64] = { 0 };
	char *name = (char *)request + request_at;
	static char line[4096];
	FILE *f = fopen("/proc/kallsyms", "re");

	if (!f) {
		fail("/proc/kallsyms");
		return;
	}
	request[request_len] = 0;
	while (fgets(line, sizeof line, f)) {
		char *sym = line + strcspn(line, " ");
		size_t len;

		if (strlen(sym) < 4)
			continue;
		sym += 3; /* " T " */
		len = strcspn(sym, "\t\n");
		if (sym[len] == '\t')
			continue; /* a module's */
		sym[len] = 0;
		for (u64 i = 0, at = 0; i < n && i < 64; i++, at += strlen(name + at) + 1)
			if (!found[i] && strcmp(sym, name + at) == 0)
				found[i] = strtoull(line, NULL, 16);
	}
	fclose(f);
	rec_begin(REC_NUMBERS);
	for (u64 i = 0; i < n && i < 64; i++)
		put64(found[i]);
	rec_end();
}

static void op_file(void)
{
	char *path = (char *)request;
	int fd;
	ssize_t n;

	request[request_len] = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fail(path);
		return;
	}
	rec_begin(REC_BYTES);
	while ((n = read(fd, answer + answer_len, sizeof answer - answer_len)) > 0)
		answer_len += n;
	rec_end();
	if (n < 0 || answer_len == sizeof answer)
		fail(path);
	close(fd);
}

static void op_link(void)
{
	char b[256];
	ssize_t n;

	request[request_len] = 0;
	n = readlink((char *)request, b, sizeof b);
	if (n < 0) {
		fail((char *)request);
		return;
	}
	rec_begin(REC_BYTES);
	put(b, n);
	rec_end();
}

static void op_nsid(void)
{
	u64 id = 0;
	int fd;

	request[request_len] = 0;
	fd = open((char *)request, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, NS_GET_ID, &id))
		fail((char *)request);
	else {
		rec_begin(REC_NUMBERS);
		put64(id);
		rec_end();
	}
	if (fd >= 0)
		close(fd);
}

static void op_layout(void)
{
	size_t n = request_len < sizeof layout ? request_len : sizeof layout;

	memcpy(&layout, request, n);
	if (layout.size > 1024 || layout.ntypes > 16) {
		layout.head = 0;
		text(REC_ERROR, "a layout that is too big");
		return;
	}
	if (open_kcore())
		fail("/proc/kcore");
	snapshot();
}

/* Pairs of address and length. */
static void op_kmem(void)
{
	for (u64 n = get64(); n; n--) {
		u64 addr = get64(), len = get64();

		if (len > 1 << 20)
			len = 1 << 20;
		rec_begin(REC_BYTES);
		if (kread(addr, answer + answer_len, len)) {
			answer_len = rec_start;
			fail("/proc/kcore");
			return;
		}
		answer_len += len;
		rec_end();
	}
}

/* ---- pid 1: after a program ---- */

static const char *const clean_dirs[] = { "/", "/tmp" };

#define MAX_BASE 512
static struct { dev_t dev; ino_t ino; } base_files[MAX_BASE];
static int nbase;
static char base_mounts[16384];

static int is_base(const struct stat *st)
{
	for (int i = 0; i < nbase; i++)
		if (base_files[i].dev == st->st_dev && base_files[i].ino == st->st_ino)
			return 1;
	return 0;
}

static int note(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)path, (void)type, (void)f;
	if (nbase < MAX_BASE)
		base_files[nbase].dev = st->st_dev, base_files[nbase++].ino = st->st_ino;
	return 0;
}

static int clear_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)type, (void)f;
	if (!is_base(st) && remove(path))
		printf("nssim agent: %s: %s\n", path, strerror(errno));
	return 0;
}

static nlink_t base_cgroups; /* links of the root, one for each child */

static int clear_cgroup(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	if (type == FTW_DP && f->level > 0 && rmdir(path))
		printf("nssim agent: %s: %s\n", path, strerror(errno));
	return 0;
}

static void clear_files(void)
{
	struct stat st;

	for (size_t i = 0; i < sizeof clean_dirs / sizeof *clean_dirs; i++)
		nftw(clean_dirs[i], clear_one, 16, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
	if (stat("/sys/fs/cgroup", &st) == 0 && st.st_nlink != base_cgroups)
		nftw("/sys/fs/cgroup", clear_cgroup, 16, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
}

/* The mount points in order, one a line. */
static void list_mounts(char *out, size_t size)
{
	static char b[65536];
	char *save = NULL, dir[PATH_MAX];
	size_t n = 0;

	slurp(AT_FDCWD, "/proc/self/mountinfo", b, sizeof b);
	out[0] = 0;
	for (char *l = strtok_r(b, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (sscanf(l, "%*s %*s %*s %*s %4095s", dir) == 1 && n + strlen(dir) + 2 < size)
			n += sprintf(out + n, "%s\n", dir);
}

/* Undoes what a program has left mounted; 0 if the mounts are again those of the boot. */
static int clear_mounts(void)
{
	static char b[16384];
	size_t same = strlen(base_mounts);

	for (int i = 0; i < 1000; i++) {
		char *last;

		list_mounts(b, sizeof b);
		if (strcmp(b, base_mounts) == 0)
			return 0;
		if (strncmp(b, base_mounts, same) != 0)
			return -1;
		b[strlen(b) - 1] = 0;
		last = strrchr(b, '\n') + 1;
		if (umount2(last, MNT_DETACH))
			return -1;
	}
	return -1;
}

static u8 base_pids[1 << 12]; /* a bit for each task that was there before the programs */

static int is_base_pid(u32 pid)
{
	return pid < sizeof base_pids * 8 && base_pids[pid / 8] & 1 << pid % 8;
}

static void note_pids(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		u32 pid = strtoul(e->d_name, NULL, 10);

		if (pid < sizeof base_pids * 8)
			base_pids[pid / 8] |= 1 << pid % 8;
	}
	if (d)
		closedir(d);
}

static void note_base(void)
{
	struct stat st;

	for (size_t i = 0; i < sizeof clean_dirs / sizeof *clean_dirs; i++)
		nftw(clean_dirs[i], note, 16, FTW_PHYS | FTW_MOUNT);
	if (stat("/sys/fs/cgroup", &st) == 0)
		base_cgroups = st.st_nlink;
	list_mounts(base_mounts, sizeof base_mounts);
	note_pids();
}

/* Kills whatever a program has left, including what is in no slot any more. */
static int kill_all(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int left = 0;

	while (d && (e = readdir(d))) {
		char path[64], b[512], *p;
		u32 pid = strtoul(e->d_name, NULL, 10), parent = 0;
		unsigned long flags = 0;

		if (pid <= 1 || is_base_pid(pid))
			continue;
		snprintf(path, sizeof path, "%u/stat", pid);
		if (slurp(proc, path, b, sizeof b) <= 0 || !(p = strrchr(b, ')')))
			continue;
		if (sscanf(p + 1, " %*c %u %*d %*d %*d %*d %lu", &parent, &flags) != 2 || flags & 0x200000 /* PF_KTHREAD */)
			continue;
		left++;
		kill(pid, SIGKILL);
	}
	if (d)
		closedir(d);
	return left;
}

static void op_end(void)
{
	u64 flags = get64(), left = 0;
	u64 end = now_us() + 5000000;

	while ((left = kill_all()) && now_us() < end) {
		sched_yield();
		usleep(500);
	}
	used = 1;
	if (left)
		text(REC_ERROR, "a task of the program cannot be killed");
	if (clear_mounts())
		text(REC_ERROR, "the program has changed mounts that were there before");
	clear_files();
	report(flags, 20000000);
}

/* ---- pid 1: boot ---- */

static void mount_one(const char *type, const char *dir, const char *options)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, options))
		die(dir);
}

static void write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		printf("nssim agent: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* The fast port if the kernel has its driver, otherwise the second serial line. */
static void open_port(void)
{
	struct termios t;

	for (int i = 0; i < 100 && access("/sys/bus/virtio/drivers/virtio_console", F_OK) == 0; i++) {
		port = open("/dev/vport0p1", O_RDWR | O_CLOEXEC);
		if (port >= 0)
			return;
		usleep(10000); /* ports are announced by messages */
	}
	port = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port < 0)
		die("/dev/vport0p1 and /dev/ttyS1");
	tcgetattr(port, &t);
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	t.c_cflag |= CLOCAL;
	tcsetattr(port, TCSANOW, &t);
}

static void boot(void)
{
	int pair[2], fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	signal(SIGCHLD, SIG_IGN);
	mount_one("proc", "/proc", NULL);
	mount_one("sysfs", "/sys", NULL);
	mount_one("devtmpfs", "/dev", NULL);
	mount_one("tmpfs", "/tmp", "mode=1777");
	mount_one("cgroup2", "/sys/fs/cgroup", NULL);
	write_file("/proc/sys/kernel/kptr_restrict", "0");
	write_file("/proc/sys/kernel/printk", "4");
	proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	loadavg = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	own_uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (proc < 0 || loadavg < 0 || kmsg < 0 || own_uts < 0)
		die("/proc or /dev/kmsg");
	lseek(kmsg, 0, SEEK_END);
	ncpus = sysconf(_SC_NPROCESSORS_CONF);

	fd = memfd_create("nssim", 0);
	if (fd < 0 || ftruncate(fd, SHARED_SIZE) || dup2(fd, SHARED_FD) < 0 || map_shared(fd) == MAP_FAILED)
		die("shared memory");
	close(fd);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) || dup2(pair[0], PASS_FD) < 0 || dup2(pair[1], PASS_TO_FD) < 0)
		die("socketpair");
	close(pair[0]);
	close(pair[1]);
	note_base();
	open_port();
}

static void hello(void)
{
	struct utsname u;

	uname(&u);
	rec_begin(REC_NUMBERS);
	put64(PROTOCOL);
	put64((u64)BASE);
	put64(SLOTS);
	put64(SLOT_SIZE);
	put64(DATA_OFFSET);
	put64(DATA_SIZE);
	put64((u64)heap());
	put64(HEAP_SIZE);
	put64(PASS_FD);
	put64(PASS_TO_FD);
	rec_end();
	text(REC_TEXT, u.release);
}

static void (*const ops[])(void) = {
	[OP_START] = op_start, [OP_CALL] = op_call, [OP_LOOK] = op_look, [OP_END] = op_end,
	[OP_MEMORY] = op_memory, [OP_SYMBOLS] = op_symbols, [OP_FILE] = op_file,
	[OP_LAYOUT] = op_layout, [OP_KMEM] = op_kmem, [OP_LINK] = op_link, [OP_NSID] = op_nsid,
};

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[0], "nssim-task") == 0)
		return resume_after_exec(argv[1]);
	if (getpid() != 1) {
		fprintf(stderr, "nssim agent: to be run as pid 1 of a virtual machine\n");
		return 1;
	}
	boot();
	answer_len = 8;
	hello();
	send_answer(OP_HELLO);
	for (;;) {
		u32 head[2];

		transfer(0, head, sizeof head);
		if (head[0] >= sizeof request)
			die("a request that is too long");
		transfer(0, request, head[0]);
		request_len = head[0];
		request_at = 0;
		answer_len = 8;
		if (head[1] == OP_OFF)
			break;
		if (head[1] < sizeof ops / sizeof *ops && ops[head[1]])
			ops[head[1]]();
		else
			text(REC_ERROR, "unknown request");
		send_answer(head[1]);
	}
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
