/* SPDX-License-Identifier: Apache-2.0 */
/* The two ends of a hand-over: a process that is started with the sockets and the lock of this one, and what it
 * finds when it starts.
 * The sockets are in the channel before the process begins, so it never waits for them, and has them even if
 * the one before dies at once.
 * Source: unix(7) (SCM_RIGHTS, SOCK_SEQPACKET), posix_spawn(3). */
#pragma once

#include "base/diag.h"
#include "main/notify.h"

struct bequest { /* what is handed over, as it is written; zero-initialise */
	struct buf text;
	int fds[ACTIVATED_MAX];
	size_t n;
};
/* A lock has no address.  The descriptor stays the caller's. */
void bequest_add(struct bequest *, str name, str address, int fd);

struct successor {
	int pid, channel;
};
/* This program's own command line once more, from the file that is there now.  ERR_IO, with *why. */
err successor_start(struct bequest *, struct successor *, const char **why) MUST_CHECK;
/* From a fiber: kills it, waits for its end.  What it ended with, as waitpid(2) has it. */
int successor_end(struct successor *);

/* The channel's few words, one byte each. */
enum word {
	WORD_NONE,        /* nothing was said yet */
	WORD_READY = 'r', /* the successor accepts */
	WORD_YOURS = 'y', /* the one before does no more */
	WORD_END,         /* the other has ended */
};
enum word channel_hear(int channel);
void channel_say(int channel, enum word);

struct inheritance {
	int channel; /* -1: nobody hands over */
	int lock;    /* 0: none */
	struct activated sockets;
};
/* Reads and clears GATEHOUSE_HANDOVER, once, before threads. */
err inheritance_read(struct diag *, struct inheritance *) MUST_CHECK;
