/* SPDX-License-Identifier: GPL-2.0-only
 *
 * The protocol of the two reference counts at the granularity of whole calls: three
 * tasks that a supervisor forks and reaps, up to two user namespaces, nested or not, up
 * to two network namespaces that they own, and two descriptors a task.
 *
 * A task clones itself (with its parent for a parent), enters a user namespace, unshares
 * its network namespace, joins one by a descriptor, opens its own, opens a socket and,
 * through the socket, its network namespace (SIOCGSKNS), opens the owner of one
 * (NS_GET_USERNS), closes, exits. The supervisor forks and reaps. Calls that fail change
 * nothing and are left out.
 *
 * Passive and active counts are kept as the kernel keeps them, by get and put with walks
 * up the owner chain; after every call they are compared with what the holders come to.
 * Namespaces are numbered: 0 the initial user namespace, 1 and 2 further ones, 3 the
 * initial network namespace, 4 and 5 further ones. Initial ones are not counted.
 *
 * This is the question of `nssim explore spin`; make bench-spin runs both.
 */

#ifndef TASKS
#define TASKS 3
#endif
#ifndef FDS
#define FDS 2
#endif

#define NOTASK	0
#define RUN	1
#define ZOMBIE	2

#define CLOSED	0
#define NSFILE	1
#define SOCKET	2

#define DYN(n)	((n) != 0 && (n) != 3)

typedef Task {
	unsigned st : 2;
	unsigned user : 2;
	unsigned net : 3
};

typedef Filp {
	unsigned kind : 2;
	unsigned ns : 3
};

Task t[TASKS];
Filp f[TASKS * FDS];
bool live[6];			/* on the trees */
byte owner[6];
byte pas[6];
byte act[6];
byte dentry[6];			/* files on the namespace's one inode */

/* scratch, hidden from the state vector */
hidden byte a, b, c, d, g, j, k, o, w, x, nf;
hidden byte wp[6], wa[6];

/* a capability over user namespace n: it is u or below u */
#define BELOW(u, n)	((u) == (n) || (u) == 0 || ((n) != 0 && owner[n] == (u)) || ((n) != 0 && owner[n] != 0 && owner[owner[n]] == (u)))

#define pget(n)	a = n; if :: DYN(a) -> pas[a]++ :: else fi

/* the last passive reference destroys, which drops the one on the owner */
#define pput(n)	w = n; drop_passive()
inline drop_passive() {
	do
	:: !DYN(w) -> break
	:: else ->
		assert(pas[w] > 0);
		pas[w]--;
		if
		:: pas[w] > 0 -> break
		:: else ->
			assert(act[w] == 0 && live[w]);
			live[w] = 0;
			o = owner[w];
			owner[w] = 0;
			w = o
		fi
	od
}

#define aget(n)	w = n; get_active()
inline get_active() {
	do
	:: !DYN(w) -> break
	:: else ->
		assert(live[w]);
		act[w]++;
		if
		:: act[w] > 1 -> break
		:: else -> w = owner[w]
		fi
	od
}

#define aput(n)	w = n; put_active()
inline put_active() {
	do
	:: !DYN(w) -> break
	:: else ->
		assert(act[w] > 0);
		act[w]--;
		if
		:: act[w] > 0 -> break
		:: else -> w = owner[w]
		fi
	od
}

/* a file on namespace n: all share one inode, which holds one reference of each kind */
#define inode_get(n)	b = n; get_inode()
inline get_inode() {
	if
	:: DYN(b) ->
		dentry[b]++;
		if :: dentry[b] == 1 -> pget(b); aget(b) :: else fi
	:: else
	fi
}

#define inode_put(n)	b = n; put_inode()
inline put_inode() {
	if
	:: DYN(b) ->
		dentry[b]--;
		if :: dentry[b] == 0 -> aput(b); pput(b) :: else fi
	:: else
	fi
}

#define open_file(kd, n) g = n; d = kd; put_file()
inline put_file() {
	nf = i * FDS;
	do :: f[nf].kind == CLOSED -> break :: else -> nf++ od;
	f[nf].kind = d;
	f[nf].ns = g;
	if :: d == NSFILE -> inode_get(g) :: else -> pget(g) fi
}

#define close_file(n) d = n; drop_file()
inline drop_file() {
	x = f[d].ns;
	if
	:: f[d].kind == NSFILE -> inode_put(x)
	:: f[d].kind == SOCKET -> pput(x)
	:: else
	fi;
	f[d].kind = CLOSED;
	f[d].ns = 0
}

/* what the holders come to */
inline check() {
	k = 0;
	do :: k < 6 -> wp[k] = 0; wa[k] = 0; k++ :: else -> break od;
	k = 0;
	do
	:: k < TASKS ->
		if :: t[k].st != NOTASK -> wp[t[k].user]++; wa[t[k].user]++ :: else fi;
		if :: t[k].st == RUN -> wp[t[k].net]++; wa[t[k].net]++ :: else fi;
		k++
	:: else -> break
	od;
	k = 0;
	do
	:: k < TASKS * FDS ->
		if
		:: f[k].kind == SOCKET -> wp[f[k].ns]++
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 1;
	do
	:: k < 6 ->
		if
		:: DYN(k) && live[k] ->
			wp[owner[k]]++;
			if :: act[k] > 0 -> wa[owner[k]]++ :: else fi;
			if :: dentry[k] > 0 -> wp[k]++; wa[k]++ :: else fi
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 1;
	do
	:: k < 6 ->
		if
		:: DYN(k) ->
			assert(pas[k] == wp[k] && act[k] == wa[k]);
			assert(act[k] == 0 || pas[k] > 0);
			assert(live[k] == (pas[k] > 0));
			assert(act[k] == 0 || !DYN(owner[k]) || act[owner[k]] > 0)
		:: else
		fi;
		k++
	:: else -> break
	od
}

#define ROOM(i)	(f[(i)*FDS].kind == CLOSED || (FDS > 1 && f[(i)*FDS+FDS-1].kind == CLOSED))
#define IS_USER(n)	((n) < 3)

/* what a task may do with the descriptor in slot d */
#define ON_FD(z) \
	:: d_step { t[i].st == RUN && f[z].kind != CLOSED -> close_file(z); check(); skip } \
	:: d_step { t[i].st == RUN && f[z].kind == SOCKET && ROOM(i) && BELOW(t[i].user, owner[f[z].ns]) -> \
		c = f[z].ns; open_file(NSFILE, c); check(); skip } \
	:: d_step { t[i].st == RUN && f[z].kind == NSFILE && f[z].ns != 0 && ROOM(i) && BELOW(t[i].user, owner[f[z].ns]) -> \
		c = owner[f[z].ns]; open_file(NSFILE, c); check(); skip } \
	:: d_step { t[i].st == RUN && f[z].kind == NSFILE && IS_USER(f[z].ns) && f[z].ns != t[i].user && BELOW(t[i].user, f[z].ns) -> \
		c = t[i].user; t[i].user = f[z].ns; pget(t[i].user); aget(t[i].user); aput(c); pput(c); check(); skip } \
	:: d_step { t[i].st == RUN && f[z].kind == NSFILE && !IS_USER(f[z].ns) && BELOW(t[i].user, owner[f[z].ns]) -> \
		c = t[i].net; t[i].net = f[z].ns; pget(t[i].net); aget(t[i].net); aput(c); pput(c); check(); skip }

proctype worker(byte i) {
	do
	/* the supervisor: fork, wait4 */
	:: d_step { t[i].st == NOTASK && (i < 1 || t[0].st != NOTASK) && (i < 2 || t[1].st != NOTASK) -> t[i].st = RUN; t[i].user = 0; t[i].net = 3; check(); skip }
	:: d_step { t[i].st == ZOMBIE -> t[i].st = NOTASK; c = t[i].user; t[i].user = 0; aput(c); pput(c); check(); skip }
	:: d_step { t[i].st == RUN ->
		/* exit_group */
		j = i * FDS;
		do :: j < i * FDS + FDS -> close_file(j); j++ :: else -> break od;
		c = t[i].net; t[i].net = 0; t[i].st = ZOMBIE;
		aput(c); pput(c); check(); skip }
	/* clone(CLONE_PARENT) */
	:: d_step { t[i].st == RUN && (t[0].st == NOTASK || t[1].st == NOTASK || t[TASKS-1].st == NOTASK) ->
		j = 0;
		do :: t[j].st == NOTASK -> break :: else -> j++ od;
		t[j].st = RUN; t[j].user = t[i].user; t[j].net = t[i].net;
		pget(t[j].user); aget(t[j].user); pget(t[j].net); aget(t[j].net);
		k = 0;
		do
		:: k < FDS ->
			x = i * FDS + k;
			nf = j * FDS + k;
			f[nf].kind = f[x].kind; f[nf].ns = f[x].ns;
			if
			:: f[x].kind == NSFILE -> inode_get(f[x].ns)
			:: f[x].kind == SOCKET -> pget(f[x].ns)
			:: else
			fi;
			k++
		:: else -> break
		od;
		check(); skip }
	/* unshare(CLONE_NEWUSER|CLONE_NEWNET), and the id maps */
	:: d_step { t[i].st == RUN && (!live[1] || !live[2]) && (!live[4] || !live[5]) ->
		if :: !live[1] -> j = 1 :: else -> j = 2 fi;
		if :: !live[4] -> x = 4 :: else -> x = 5 fi;
		c = t[i].user;
		live[j] = 1; owner[j] = c; pget(c);
		live[x] = 1; owner[x] = j; pget(j);
		pget(x); aget(x);
		c = t[i].net; t[i].net = x; aput(c); pput(c);
		c = t[i].user; t[i].user = j; pget(j); aget(j);
		aput(c); pput(c); check(); skip }
	/* unshare(CLONE_NEWNET) */
	:: d_step { t[i].st == RUN && (!live[4] || !live[5]) ->
		if :: !live[4] -> j = 4 :: else -> j = 5 fi;
		c = t[i].net;
		live[j] = 1; owner[j] = t[i].user; pget(owner[j]);
		t[i].net = j; pget(j); aget(j);
		aput(c); pput(c); check(); skip }
	/* open /proc/self/ns/net and user; socket */
	:: d_step { t[i].st == RUN && ROOM(i) -> c = t[i].net; open_file(NSFILE, c); check(); skip }
	:: d_step { t[i].st == RUN && ROOM(i) -> c = t[i].user; open_file(NSFILE, c); check(); skip }
	:: d_step { t[i].st == RUN && ROOM(i) -> c = t[i].net; open_file(SOCKET, c); check(); skip }
	ON_FD(i*FDS)
#if FDS > 1
	ON_FD(i*FDS+1)
#endif
	od
}

init {
	atomic {
		j = 0;
		do :: j < TASKS -> run worker(j); j++ :: else -> break od;
		j = 0
	}
}
