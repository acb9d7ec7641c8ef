/* SPDX-License-Identifier: Apache-2.0 */
/* A body behind zlib: a source that reads another one and gives what becomes of it.
 * A stream of gzip members or one of zlib, and nothing behind it: all else is broken.
 * Source: RFC 9110 §8.4.1; RFC 1950; RFC 1952 §2.2; zlib.h. */
#include "http/coding.h"

#include <zlib.h>

enum { PIECE = 16 * 1024, LEVEL = 5, GZIP = 16 };

struct coder {
	struct body_source source;
	struct body from;           /* what is left of it */
	struct body_source *beside; /* its source, if it streams: to wait by */
	str in;                     /* of from, not yet used */
	bool in_over, more;         /* nothing follows in; zlib holds more than a piece */
	bool encodes, began, gzip;  /* began: bytes of a member went in */
	bool *broken;
	z_stream z;
	unsigned char out[PIECE];
};

bool codings_of(const struct headers *h, struct codings *out)
{
	out->n = 0;
	for (size_t i = 0; i < h->n; i++) {
		if (!str_ieq(h->v[i].name, S("Content-Encoding")))
			continue;
		for (str rest = h->v[i].value, one; str_given(rest);) {
			one = str_trim(str_cut(&rest, ','));
			bool gzip = str_ieq(one, S("gzip")) || str_ieq(one, S("x-gzip"));
			if (!one.n || str_ieq(one, S("identity")))
				continue;
			if (!(gzip || str_ieq(one, S("deflate"))) ||
			    out->n == sizeof out->v / sizeof *out->v)
				return false;
			out->v[out->n++] = gzip ? CODING_GZIP : CODING_DEFLATE;
		}
	}
	return true;
}

str coding_name(enum coding c) { return c == CODING_GZIP ? S("gzip") : S("deflate"); }

static err broken(struct coder *c)
{
	*c->broken = true;
	return FAIL(ERR_SYNTAX);
}

/* A member has ended.  RFC 1952 §2.2: another may follow; behind RFC 1950's stream nothing does. */
static err member_over(struct coder *c)
{
	c->began = false;
	if (c->in.n && !c->gzip)
		return broken(c);
	must(inflateReset(&c->z) == Z_OK);
	return DONE;
}

static err inflate_some(struct coder *c)
{
	c->began |= c->in.n > 0;
	int r = inflate(&c->z, Z_NO_FLUSH);
	if (r == Z_STREAM_END) {
		c->in = str_from((const char *)c->z.next_in, c->z.avail_in);
		return member_over(c);
	}
	return r == Z_OK || r == Z_BUF_ERROR ? DONE : broken(c);
}

/* What there is goes out before more is waited for: each event of a stream at once. */
static void deflate_some(struct coder *c)
{
	bool waits = !c->in_over && !(c->beside && c->beside->ready);
	int r = deflate(&c->z, c->in_over ? Z_FINISH : waits ? Z_SYNC_FLUSH : Z_NO_FLUSH);
	must(r == Z_OK || r == Z_BUF_ERROR || r == Z_STREAM_END);
	c->source.ended = r == Z_STREAM_END;
}

/* As much as one piece of what is at hand. */
static err work(struct coder *c, str *piece)
{
	c->z.next_in = (unsigned char *)c->in.p;
	c->z.avail_in = (unsigned)c->in.n;
	c->z.next_out = c->out;
	c->z.avail_out = sizeof c->out;
	if (c->encodes)
		deflate_some(c);
	else
		TRY(inflate_some(c));
	c->in = str_from((const char *)c->z.next_in, c->z.avail_in);
	*piece = str_from((char *)c->out, sizeof c->out - c->z.avail_out);
	c->more = c->in.n || c->z.avail_out == 0;
	if (!c->encodes && c->in_over && !c->more) {
		if (c->began) /* cut short */
			return broken(c);
		c->source.ended = true;
	}
	return DONE;
}

/* Its end is known with its last bytes, or comes as a piece without any. */
static void took(struct coder *c)
{
	c->in_over = c->in.n == 0 || c->from.kind == BODY_NONE || (c->beside && c->beside->ended);
	if (c->in_over && c->beside)
		c->source.trailers = c->beside->trailers;
}

/* Of bytes that are decoded, nobody knows whether they are enough for a piece. */
static void settle(struct coder *c)
{
	c->source.ready = c->source.ended || c->more || c->in_over ||
	                  (c->encodes && c->beside && c->beside->ready);
}

static err coder_read(struct body_source *source, str *piece, deadline until)
{
	struct coder *c = (struct coder *)source;
	for (*piece = S(""); piece->n == 0 && !source->ended;) {
		fiber_pause(); /* much may come in of which nothing comes out */
		if (!c->more && !c->in_over) {
			TRY(body_read(&c->from, &c->in, until));
			took(c);
		}
		TRY(work(c, piece));
	}
	settle(c);
	return DONE;
}

static err coder_try_read(struct body_source *source, str *piece, struct wait *w, deadline *until,
                          bool *waits)
{
	struct coder *c = (struct coder *)source;
	*waits = false;
	for (*piece = S(""); piece->n == 0 && !source->ended;) {
		fiber_pause();
		if (!c->more && !c->in_over) {
			TRY(body_try_read(&c->from, &c->in, w, until, waits));
			if (*waits)
				break;
			took(c);
		}
		TRY(work(c, piece));
	}
	settle(c);
	return DONE;
}

static err coder_wait(struct body_source *source, struct wait *w, deadline until)
{
	return body_wait(((struct coder *)source)->beside, w, until);
}

static void coder_end(void *arg)
{
	struct coder *c = arg;
	if (c->encodes)
		(void)deflateEnd(&c->z);
	else
		(void)inflateEnd(&c->z);
}

static struct coder *put_between(struct arena *a, struct body *b, bool encodes, enum coding coding)
{
	static const struct body_source_type type = { coder_read, coder_try_read, coder_wait };
	struct coder *c = arena_new(a, struct coder);
	int window = MAX_WBITS + (coding == CODING_GZIP ? GZIP : 0);
	c->source.type = &type;
	c->from = *b;
	c->beside = b->kind == BODY_STREAM ? b->source : NULL;
	c->encodes = encodes;
	c->gzip = coding == CODING_GZIP;
	int r = encodes ? deflateInit2(&c->z, LEVEL, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY)
	                : inflateInit2(&c->z, window);
	must(r == Z_OK);
	arena_defer(a, coder_end, c);
	c->source.ready = !c->beside || (encodes && c->beside->ready);
	*b = (struct body){ BODY_STREAM, S(""), &c->source, -1 };
	return c;
}

void body_decode(struct arena *a, struct body *b, enum coding coding, bool *is_broken)
{
	put_between(a, b, false, coding)->broken = is_broken;
}

void body_encode(struct arena *a, struct body *b, enum coding coding)
{
	put_between(a, b, true, coding);
}

void headers_recoded(struct arena *a, struct headers *h, const enum coding *now)
{
	static const str of_bytes[] = { S_INIT("Content-Length"), S_INIT("Content-MD5"),
		                        S_INIT("Content-Digest"), S_INIT("Repr-Digest"),
		                        S_INIT("Digest"),         S_INIT("Content-Encoding") };
	for (size_t i = 0; i < sizeof of_bytes / sizeof *of_bytes; i++)
		headers_remove(h, of_bytes[i]);
	str tag = headers_get(h, S("ETag"));
	if (str_starts(tag, S("\"")))
		headers_set(a, h, S("ETag"), str_fmt(a, "W/%.*s", STR(tag)));
	if (now)
		headers_set(a, h, S("Content-Encoding"), coding_name(*now));
}
