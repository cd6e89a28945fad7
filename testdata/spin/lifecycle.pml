/* SPDX-License-Identifier: GPL-2.0-only
 *
 * The protocol of the two reference counts at the granularity of whole calls: three
 * tasks that a supervisor forks and reaps, up to two user namespaces, nested or not, up
 * to two network namespaces that they own, and two descriptors a task.
 *
 * A task clones itself (with its parent for a parent), enters a user namespace, unshares
 * its network namespace, joins one by a descriptor, opens its own, opens a socket and,
 * through the socket, the network namespace (SIOCGSKNS), opens the owner (NS_GET_USERNS),
 * closes, exits. The supervisor forks and reaps.
 *
 * Passive and active counts are kept as the kernel keeps them, by get and put with walks
 * up the owner chain; in every state they are compared with what the holders come to.
 * Namespaces are numbered 0 (the initial user namespace), 1 and 2 (user), 3 (the initial
 * network namespace), 4 and 5 (network). Initial ones are not counted.
 */

#ifndef TASKS
#define TASKS 3
#endif
#ifndef FDS
#define FDS 2
#endif
#define NS 6
#define NONE 7

#define RUN 1
#define ZOMBIE 2

#define NSFILE 1
#define SOCK 2

#define USER(n) ((n) < 3)
#define DYN(n) ((n) != 0 && (n) != 3)

typedef Task {
	unsigned st : 2;
	unsigned user : 3;
	unsigned net : 3;
	unsigned kind[FDS] : 2;
	unsigned ns[FDS] : 3;
	unsigned cred[FDS] : 3	/* user namespace of the opener */
};

Task t[TASKS];
bool alive[NS];			/* on the trees */
unsigned owner[NS] : 3;
byte passive[NS];
byte active[NS];
byte dentry[NS];		/* files on the namespace's one inode */

inline pget(n) { if :: DYN(n) -> passive[n]++ :: else fi }

/* Dropping the last passive reference destroys, which drops that on the owner. */
inline pput(n) {
	pn = n;
	do
	:: !DYN(pn) -> break
	:: else ->
		assert(passive[pn] > 0);
		passive[pn]--;
		if
		:: passive[pn] > 0 -> break
		:: else ->
			assert(active[pn] == 0);
			alive[pn] = false;
			pn = owner[pn];
			owner[x] = owner[x]	/* no effect: keeps the branch a statement */
		fi
	od
}

inline aget(n) {
	an = n;
	do
	:: !DYN(an) -> break
	:: else ->
		active[an]++;
		if
		:: active[an] > 1 -> break
		:: else -> an = owner[an]
		fi
	od
}

inline aput(n) {
	an = n;
	do
	:: !DYN(an) -> break
	:: else ->
		assert(active[an] > 0);
		active[an]--;
		if
		:: active[an] > 0 -> break
		:: else -> an = owner[an]
		fi
	od
}
