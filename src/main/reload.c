/* SPDX-License-Identifier: Apache-2.0 */
/* Reloading of main/reload.h: one fiber of the control loop, so that no two changes meet.
 * A key that is not in `live` keeps its value until the next start, and the log says so.
 * Source: house ("reload"). */
#include "main/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "main/certificates.h"
#include "main/notify.h"
#include "rt/dns.h"
#include "rt/tls.h"
#include "store/feed.h"

/* The keys that apply at once.  access_log: another file or the same anew; not on or off. */
static const char *const live[] = {
	"hosts",
	"denied_addresses",
	"log_level",
	"drain_timeout",
	"metrics.public",
	"access_log",
	"oauth.access_token_expires_ms",
	"oauth.refresh_token_expires_ms",
};

int reload_signals(void)
{
	sigset_t set;
	if (isatty(STDIN_FILENO))
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	signal(SIGHUP, SIG_DFL); /* one that is ignored is not told by a descriptor either */
	must(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	must(fd >= 0);
	return fd;
}

/* ---- SIGHUP ---- */

struct next { /* what is read, before anything changes */
	struct arena *arena;
	struct diag diag;
	const struct reload *reload;
	struct settings settings;
	struct dns_rules *rules;
	struct tls_context *secure, *sso_tls;
	int log_fd; /* -1: stays */
	err e;
};

static void read_settings(void *arg)
{
	struct next *n = arg;
	n->e = configure(n->arena, n->reload->options, &n->diag, &n->settings);
}

static err open_log(struct next *n)
{
	str path = settings_access_log(n->arena, &n->settings, n->reload->data);
	if (!str_given(path) || !gateway_has_log(n->reload->gateway))
		return DONE;
	n->log_fd = open(str_z(n->arena, path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (n->log_fd < 0)
		return diag_add(&n->diag, ERR_IO, 0, "cannot open the access log %.*s: %s",
		                STR(path), strerrordesc_np(errno));
	return DONE;
}

static err prepare(struct next *n)
{
	const struct reload *r = n->reload;
	bool self_signed;
	TRY(offload(LANE_CPU, read_settings, n));
	TRY(n->e);
	TRY(settings_dns_rules(&n->settings, r->mocktarget, &n->diag, &n->rules));
	TRY(certificates_load(n->arena, r->store, &n->secure, &self_signed));
	TRY(certificate_of_files(n->arena, r->settings->sso_tls_certificate,
	                         r->settings->sso_tls_key, &n->diag, &n->sso_tls));
	return open_log(n);
}

static bool pairs_equal(const struct config_pairs *a, const struct config_pairs *b)
{
	bool same = a->list.n == b->list.n;
	for (size_t i = 0; same && i < a->list.n; i++)
		same = str_eq(a->list.v[i].key, b->list.v[i].key) &&
		       str_eq(a->list.v[i].value, b->list.v[i].value);
	return same;
}

static bool same(const struct field *f, const void *a, const void *b)
{
	const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
	switch (f->type) {
	case T_STR:
		return str_eq(*(const str *)(const void *)x, *(const str *)(const void *)y);
	case T_BOOL:
		return *(const bool *)x == *(const bool *)y;
	case T_ENUM:
		return memcmp(x, y, sizeof(int)) == 0;
	case T_INT:
	case T_UINT:
		return memcmp(x, y, sizeof(int64_t)) == 0;
	default: /* what cannot be compared is named rather than passed over */
		return f->read == config_pairs_read &&
		       pairs_equal((const void *)x, (const void *)y);
	}
}

static bool is_live(const char *key)
{
	for (size_t i = 0; i < sizeof live / sizeof *live; i++)
		if (strcmp(live[i], key) == 0)
			return true;
	return false;
}

static void name_the_others(const struct next *n)
{
	const struct reload *r = n->reload;
	bool logs = str_given(settings_access_log(n->arena, &n->settings, r->data));
	for (const struct field *f = settings_fields; f->type; f++) {
		bool changed = !is_live(f->path) && !same(f, &n->settings, r->settings);
		if (strcmp(f->path, "access_log") == 0)
			changed = logs != gateway_has_log(r->gateway);
		if (changed)
			log_warn("reload_needs_restart", LOG_Z("key", f->path));
	}
}

static void use_certificates(struct reload *r, struct tls_context **next)
{
	if (!*next) /* the last one went: what is presented stays, a TLS port never turns plain */
		return;
	struct tls_context *before = *r->secure;
	gateway_use_tls(r->gateway, S("secure"), *next);
	*r->secure = *next;
	*next = before;
}

/* The files are read anew under their names of the start. */
static void use_sso_certificate(struct reload *r, struct tls_context **next)
{
	struct tls_context *before = *r->sso_tls;
	if (!*next)
		return;
	http_server_use_tls(r->sso, *next);
	*r->sso_tls = *next;
	*next = before;
}

static void apply(struct reload *r, struct next *n)
{
	struct settings *now = r->settings;
	const struct settings *s = &n->settings;
	struct token_settings lifetimes = { s->access_token_ms, s->refresh_token_ms };
	log_set_level((enum log_level)s->log_level);
	now->log_level = s->log_level;
	now->drain_timeout_s = s->drain_timeout_s;
	now->metrics_public = r->management->operations.metrics_public = s->metrics_public;
	now->access_token_ms = s->access_token_ms;
	now->refresh_token_ms = s->refresh_token_ms;
	token_settings_set(r->management->tokens, &lifetimes);
	dns_rules_use(&n->rules);
	gateway_forget_targets(r->gateway);
	use_certificates(r, &n->secure);
	use_sso_certificate(r, &n->sso_tls);
	if (n->log_fd >= 0)
		gateway_use_log(r->gateway, n->log_fd);
	n->log_fd = -1;
	name_the_others(n);
}

static void reload_all(struct reload *r)
{
	struct arena *a = arena_create(0, 0);
	struct next n = { .arena = a, .diag = { .arena = a }, .reload = r, .log_fd = -1 };
	notify_reloading();
	err e = prepare(&n);
	if (!e.code) {
		apply(r, &n);
		log_info("reloaded");
	} else {
		str why = diag_text(a, &n.diag);
		log_error("reload_refused",
		          LOG_STR("why", why.n ? why : str_from_z(err_word(e.code))));
	}
	dns_rules_destroy(&n.rules);
	tls_release(&n.secure);
	tls_release(&n.sso_tls);
	if (n.log_fd >= 0)
		close(n.log_fd);
	arena_destroy(&a);
	notify_ready();
}

/* ---- the store ---- */

static bool concerns_certificates(enum feed_kind k)
{
	return k == FEED_virtual_host || k == FEED_keypair || k == FEED_reference ||
	       k == FEED_environment || k == FEED_organization;
}

static err load_certificates(struct arena *a, struct reload *r)
{
	struct tls_context *next = NULL;
	bool self_signed;
	err e = certificates_load(a, r->store, &next, &self_signed);
	if (!e.code)
		use_certificates(r, &next);
	else
		log_error("certificates_not_changed", LOG_Z("why", err_word(e.code)));
	tls_release(&next);
	return e.code == ERR_STORE ? e : DONE; /* what cannot be read today may be tomorrow */
}

/* False: the store is away; the same again, later. */
static bool follow_changes(struct reload *r)
{
	struct arena *a = arena_create(0, 0);
	struct list changes = { 0 };
	bool lost = false;
	int64_t last = 0;
	err e;
	while (!(e = feed_next(a, r->feed, &changes, &lost)).code && (lost || changes.n)) {
		bool concerned = lost;
		LIST_EACH(const struct change, c, &changes) {
			concerned |= concerns_certificates(c->kind);
			last = c->seq;
		}
		if (concerned && (e = load_certificates(a, r)).code)
			break;
		feed_done(r->feed, last);
	}
	arena_destroy(&a);
	return !e.code;
}

/* ---- the fiber ---- */

static void wake_us(void *arg) { wake(&((struct reload *)arg)->due); }

static void signal_came(struct watch *w, unsigned ready)
{
	struct reload *r = (struct reload *)((char *)w - offsetof(struct reload, watch));
	struct signalfd_siginfo info;
	if (!(ready & READY_READ))
		return;
	while (read(w->fd, &info, sizeof info) > 0)
		;
	atomic_store(&r->asked, true);
	wake(&r->due);
}

static void run(void *arg)
{
	struct reload *r = arg;
	struct arena *a = arena_create(0, 0);
	err e = load_certificates(a, r); /* what changed between the start's look and the feed */
	arena_destroy(&a);
	while (!atomic_load(&r->stopping) && e.code != ERR_CANCELED) {
		if (atomic_exchange(&r->asked, false))
			reload_all(r);
		bool applied = follow_changes(r);
		e = wait_waker(&r->due, applied ? NEVER : deadline_in(1000));
	}
	if (r->watch.fd >= 0)
		watch_remove(&r->watch);
	feed_detach(&r->feed);
	wake(&r->done);
}

void reload_start(struct reload *r, struct loop *loop, struct gateway *g)
{
	r->loop = loop;
	r->gateway = g;
	r->feed = feed_attach(r->store, wake_us, r);
	r->watch = (struct watch){ .fd = r->signals, .fn = signal_came };
	if (r->watch.fd >= 0)
		must(!watch_add(loop, &r->watch).code);
	must(!fiber_start(loop, run, r).code); /* the first of this loop, or nearly */
	r->started = true;
}

void reload_stop(struct reload *r)
{
	if (r->started) {
		atomic_store(&r->stopping, true);
		wake(&r->due);
		wait_end(&r->done);
	}
	r->started = false;
	if (r->signals >= 0)
		close(r->signals);
	r->signals = -1;
}
