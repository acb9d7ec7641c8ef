/* SPDX-License-Identifier: Apache-2.0 */
/* What the gateway's files share: the gateway, and what each of its loops has of its own.
 * Fields of a gateway_loop are touched on its loop only, save the counters, which others may read.
 * Source: house. */
#pragma once

#include <stdatomic.h>
#include <stdio.h>

#include "base/map.h"
#include "flow/snapshot.h"
#include "gateway/access_log.h"
#include "gateway/gateway.h"
#include "gateway/hosts.h"
#include "gateway/metrics.h"
#include "store/deployments.h"
#include "store/feed.h"

struct port { /* a listener on a loop: the arg of its server */
	struct gateway_loop *loop;
	size_t listener;
	struct http_server *server;
};

struct listening {                    /* a listener of all loops */
	int fd;                       /* -1: not open */
	struct http_server **servers; /* one a loop, until they close */
};

struct loop_sample {
	uint64_t fibers, open, accepted;
};

struct metric_names {
	VEC(struct metric_name) list; /* [0]: all the others */
	struct map places;            /* "org/env/proxy" -> index */
};

enum { MESSAGE_PREFIX = 20 };

struct gateway_loop {
	struct counters_of_loop counters;
	struct gateway *gateway;
	size_t index;
	struct loop *loop;
	const struct hosts *hosts;
	struct port *ports;
	struct access_log log;
	struct waker log_done;
	char message_id[MESSAGE_PREFIX + STR_DECIMAL]; /* the last: two letters, '-' and a number */
	size_t message_id_n;                           /* behind the gateway's prefix */
	struct loop_sample sampled;
};

struct deployed { /* a deployment that this node runs, or why it does not */
	enum api_kind kind;
	str name, base_path;
	int64_t revision, seq;
	const struct proxy *proxy; /* held by the snapshot; NULL: it never compiled */
	bool stale;                /* its files have changed */
};

struct environment_state {
	str organization, name;
	struct snapshot_slot *slot;
	struct arena *arena; /* of deployed and its strings; anew at every reload */
	struct deployed *deployed;
	size_t n_deployed;
	bool dirty, gone;
};

struct fiber_job {
	struct gateway *gateway;
	void (*fn)(struct gateway *);
	struct waker done;
	struct timer again;
};

struct gateway {
	struct arena *arena;
	struct gateway_conf conf;
	struct gateway_loop *loops;
	struct listening *listening; /* by listener */
	char message_prefix[MESSAGE_PREFIX - 2];
	struct ban *ban; /* of all loops; NULL: nobody is */

	/* the control loop's (the opener's, before it follows) */
	VEC(struct environment_state *) environments;
	struct hosts *hosts;
	bool hosts_dirty;
	size_t tls_listener; /* of gateway_use_tls() */
	struct tls_context *tls_next;
	struct metric_names metric_names;
	struct feed_reader *feed;
	struct waker changed;
	struct fiber_job following, watching;
	struct waker deployed_anew;
	int log_fd;
	_Atomic(bool) log_failing;
	_Atomic(bool) stopping, busy, deaf; /* deaf: a loop cannot accept */
	bool follows;
	deadline drain_until;
};

/* jobs.c */
/* Runs fn(loop) on every loop's thread, on all at once, and waits for all of them. */
void gateway_each_loop(struct gateway *, void (*fn)(struct gateway_loop *));
/* Runs fn(g) in a fiber of the control loop; when it returned, job->done is woken. */
void gateway_in_fiber(struct gateway *, void (*fn)(struct gateway *), struct fiber_job *job);

/* metrics.c */
void metric_names_init(struct gateway *);

/* serve.c */
void gateway_serve(struct http_call *);
str gateway_error_body(struct arena *, unsigned status, const char *what, str *content_type);

/* listen.c */
err gateway_listen(struct gateway *, struct diag *) MUST_CHECK;
/* Whoever connects from now on is refused, and tries elsewhere. */
void gateway_unlisten(struct gateway *);

/* reload.c */
err environment_reload(struct gateway *, struct environment_state *) MUST_CHECK;

/* deploy.c */
err gateway_load(struct gateway *) MUST_CHECK;  /* all of it */
err gateway_apply(struct gateway *) MUST_CHECK; /* what is marked dirty */
void gateway_forget(struct gateway *);          /* after the loops */

/* health.c: a fiber of the control loop, from following to unfollowing */
void gateway_watch_health(struct gateway *);

/* follow.c: the feed is attached before what is there is loaded, so that nothing falls between */
void gateway_attach(struct gateway *);
void gateway_follow(struct gateway *);
void gateway_unfollow(struct gateway *); /* from a fiber or a plain thread */
