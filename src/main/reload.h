/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a running server: SIGHUP reads configuration and certificates again and opens the access log
 * anew; a change of a virtual host or keypair in the store brings its certificate.
 * Everything is read and checked before anything changes; what is wrong changes nothing.
 * Source: house ("reload"); sd_notify(3) for what the service manager hears. */
#pragma once

#include <stdatomic.h>

#include "main/configure.h"
#include "management/api.h"
#include "rt/fiber.h"

struct feed_reader;
struct http_server;
struct gateway;

struct reload {
	const struct serve_options *options;
	struct settings *settings; /* what runs: what a reload may change is changed here */
	str data;
	str mocktarget; /* where it listens; STR_NONE: it does not run */
	struct store *store;
	struct management *management;
	struct tls_context **secure;  /* what gateway.secure.listen presents */
	struct tls_context **sso_tls; /* what sso.listen presents */
	struct http_server *sso;      /* set by the node */
	int signals;                  /* of reload_signals(); taken */

	struct gateway *gateway; /* all that follows is reload.c's */
	struct loop *loop;
	struct feed_reader *feed;
	struct watch watch;
	struct waker due, done;
	_Atomic(bool) asked, stopping;
	bool started;
};

/* A descriptor that SIGHUP makes readable, before any thread; -1 on a terminal, where it ends the program. */
int reload_signals(void);
/* On the control loop. */
void reload_start(struct reload *, struct loop *, struct gateway *);
void reload_stop(struct reload *); /* from a plain thread; returns when nothing is under way */
