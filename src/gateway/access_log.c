/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are composed by hand into the loop's buffer: no printf, no allocation.
 * A line is whole or not there; no query, no header, nothing secret is in it.
 * Source: house ("logging"). */
#include "gateway/access_log.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/word.h"
#include "flow/snapshot.h"

enum {
	ACCESS_LOG_BYTES = 256 * 1024,
	LINE_MAX_BYTES = 12 * 1024,
	NAMES_MAX_BYTES = 6 * (64 + 64) + 64,
	PATH_MAX_BYTES = 1024,
	FLUSH_MS = 1000
};

/* ---- a line ---- */

static char *put(char *p, str s)
{
	memcpy(p, s.p, s.n);
	return p + s.n;
}

static char *put_number(char *p, int64_t n) { return str_put_u64(p, n < 0 ? 0 : (uint64_t)n); }

static inline uint64_t not_plain(uint64_t w)
{
	return WORD_TOPS &
	       (~word_from(w, ' ') | word_from(w, 0x7f) | word_is(w, '"') | word_is(w, '\\'));
}

static bool is_plain(str s)
{
	if (s.n < 8)
		return !not_plain(word_full(s.p, s.n));
	uint64_t bad = not_plain(word_at(s.p + s.n - 8));
	for (size_t i = 0; i + 8 < s.n; i += 8)
		bad |= not_plain(word_at(s.p + i));
	return !bad;
}

/* A JSON string's inside, at most max bytes of s, not none; what is not plain ASCII becomes \u00XX. */
static char *put_escaped(char *p, str s, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	s = str_sub(s, 0, max);
	if (is_plain(s))
		return put(p, s);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			*p++ = (char)c;
			continue;
		}
		p = put(p, S("\\u00"));
		*p++ = hex[c >> 4];
		*p++ = hex[c & 15];
	}
	return p;
}

static char *put_text(char *p, str key, str value, size_t max)
{
	if (!value.n)
		return p;
	p = put(p, key);
	p = put_escaped(p, value, max);
	*p++ = '"';
	return p;
}

/* A value that is short, and has nothing to escape. */
static char *put_own(char *p, str key, str value)
{
	if (!value.n)
		return p;
	p = put(put(p, key), value);
	*p++ = '"';
	return p;
}

static char *put_time(struct access_log *log, char *p, int64_t ms)
{
	if (ms / 1000 != log->begins_s) {
		time_t seconds = (time_t)(log->begins_s = ms / 1000);
		struct tm tm;
		must(gmtime_r(&seconds, &tm));
		strftime(log->begins, sizeof log->begins, "{\"time\":\"%Y-%m-%dT%H:%M:%S.", &tm);
	}
	p = put(p, str_from(log->begins, sizeof log->begins - 1));
	*p++ = (char)('0' + ms % 1000 / 100);
	*p++ = (char)('0' + ms % 100 / 10);
	*p++ = (char)('0' + ms % 10);
	return put(p, S("Z\""));
}

static char *put_where(char *p, str organization, str environment)
{
	p = put_text(p, S(",\"org\":\""), organization, 64);
	return put_text(p, S(",\"env\":\""), environment, 64);
}

static char *put_what(char *p, str proxy, str revision)
{
	p = put_text(p, S(",\"proxy\":\""), proxy, 64);
	return put_text(p, S(",\"revision\":\""), revision, 16);
}

void access_log_names(struct proxy *p)
{
	char text[NAMES_MAX_BYTES];
	char *end = put_where(text, p->organization, p->environment);
	p->in_log.where = str_dup(p->arena, str_from(text, (size_t)(end - text)));
	end = put_what(text, p->name, p->revision);
	p->in_log.what = str_dup(p->arena, str_from(text, (size_t)(end - text)));
}

static char *put_line(struct access_log *log, char *p, const struct exchange *x, unsigned status)
{
	const struct http_call *call = x->call;
	p = put_time(log, p, call->received_start_ms);
	p = put_own(p, S(",\"id\":\""), x->message_id);
	p = put_own(p, S(",\"client\":\""), call->sock ? sock_peer_ip(call->sock) : S(""));
	if (x->proxy)
		p = put(p, x->proxy->in_log.where);
	else if (x->snapshot)
		p = put_where(p, snapshot_organization(x->snapshot),
		              snapshot_environment(x->snapshot));
	p = put_text(p, S(",\"vhost\":\""), x->virtual_host, 64);
	if (x->proxy)
		p = put(p, x->proxy->in_log.what);
	p = put_text(p, S(",\"verb\":\""), x->request->verb, 32);
	p = put_text(p, S(",\"path\":\""), x->request_path, PATH_MAX_BYTES);
	p = put_number(put(p, S(",\"status\":")), status);
	p = put_number(put(p, S(",\"bytes\":")), (int64_t)call->bytes_out);
	p = put_number(put(p, S(",\"ms\":")), x->client_sent_end_ms - call->received_start_ms);
	if (x->target_sent_start_ms)
		p = put_number(put(p, S(",\"target_ms\":")),
		               x->target_received_start_ms - x->target_sent_start_ms);
	if (x->in_error)
		p = put_text(p, S(",\"fault\":\""), x->raised.code, 128);
	return put(p, S("}\n"));
}

/* ---- buffers ---- */

/* PATH_MAX_BYTES escaped is six times as long; the other values are bounded far below the rest. */
_Static_assert(6 * PATH_MAX_BYTES + 6 * 700 + 500 < LINE_MAX_BYTES, "a line fits");

void access_log_add(struct access_log *log, const struct exchange *x, unsigned status)
{
	if (log->fd < 0)
		return;
	if (log->filled + LINE_MAX_BYTES > ACCESS_LOG_BYTES) {
		atomic_fetch_add_explicit(&log->dropped, 1, memory_order_relaxed);
		return;
	}
	char *p = log->filling + log->filled;
	log->filled += (size_t)(put_line(log, p, x, status) - p);
	if (log->filled > ACCESS_LOG_BYTES / 2 && !log->busy)
		wake(&log->due);
}

static void count_lost(struct access_log *log, size_t from)
{
	uint64_t lines = 0;
	for (size_t i = from; i < log->to_write; i++)
		lines += log->writing[i] == '\n';
	atomic_fetch_add_explicit(&log->dropped, lines, memory_order_relaxed);
}

/* A disk that stays full is told of once, by whichever loop meets it first. */
static void write_out(void *arg)
{
	struct access_log *log = arg;
	for (size_t at = 0; at < log->to_write;) {
		ssize_t n = write(log->fd, log->writing + at, log->to_write - at);
		if (n < 0 && errno != EINTR) {
			if (!atomic_exchange(log->failing, true))
				log_error("access_log_failed",
				          LOG_Z("reason", strerrordesc_np(errno)));
			count_lost(log, at);
			return;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	if (atomic_exchange(log->failing, false))
		log_info("access_log_written_again");
}

static void flush(struct access_log *log)
{
	char *full = log->filling;
	log->filling = log->writing;
	log->writing = full;
	log->to_write = log->filled;
	log->filled = 0;
	log->busy = true;
	while (offload(LANE_CPU, write_out, log).code ==
	       ERR_LIMIT) /* the lane is full of other work */
		if (wait_until(deadline_in(10)).code)
			break;
	log->busy = false;
}

static void flusher(void *arg)
{
	struct access_log *log = arg;
	while (!log->stop) {
		err e = wait_waker(&log->due, deadline_in(FLUSH_MS));
		if (log->filled)
			flush(log);
		if (e.code == ERR_CANCELED && !log->stop)
			wait_end(&log->due); /* the loop ends: only the stop is awaited */
	}
	if (log->filled)
		flush(log);
	wake(log->stop);
}

void access_log_init(struct access_log *log, struct arena *arena, int fd, _Atomic(bool) *failing)
{
	*log = (struct access_log){ .fd = fd, .failing = failing };
	if (fd < 0)
		return;
	log->filling = arena_alloc(arena, ACCESS_LOG_BYTES, 1);
	log->writing = arena_alloc(arena, ACCESS_LOG_BYTES, 1);
}

err access_log_start(struct access_log *log, struct loop *loop)
{
	if (log->fd < 0)
		return DONE;
	TRY(fiber_start(loop, flusher, log));
	log->started = true;
	return DONE;
}

void access_log_stop(struct access_log *log, struct waker *done)
{
	log->stop = done;
	wake(log->started ? &log->due : done);
}
