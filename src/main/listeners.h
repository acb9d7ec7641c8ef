/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that the program listens on, opened before anything is made, so that a port in use
 * leaves no trace.
 * Source: house. */
#pragma once

#include "main/settings.h"

enum listener {
	LISTEN_MANAGEMENT,
	LISTEN_DEFAULT,
	LISTEN_SECURE,
	LISTEN_SSO,
	LISTEN_MOCKTARGET,
	LISTENERS
};

struct listeners {
	int fd[LISTENERS]; /* -1: not opened */
};

struct activated; /* main/notify.h */

/* What the service manager, or the server before, opened is taken, by the name of the key without ".listen";
 * the rest is opened here.  The finding names the key and the address.  On trouble none is left open. */
err listeners_open(const struct settings *, bool mocktarget, const struct activated *,
                   struct diag *, struct listeners *) MUST_CHECK;
void listeners_close(struct listeners *); /* those that nobody took */
int listener_take(struct listeners *, enum listener);

str listener_name(enum listener);
str listener_setting(const struct settings *, enum listener); /* the address as it is configured */
unsigned listener_port(const struct listeners *, enum listener);
bool listener_is_loopback(const struct listeners *, enum listener);
/* How this machine reaches it: "127.0.0.1:8080". */
str listener_here(struct arena *, const struct listeners *, enum listener);
