/* SPDX-License-Identifier: Apache-2.0 */
/* Content codings on the way through: taken off for who reads, and put on as compression.algorithm says.
 * What nobody reads and no property concerns goes on as it came.
 * Source: Apigee, "Endpoint properties reference" (compression.algorithm), "Runtime error catalog". */
#include "flow/run.h"
#include "http/coding.h"

static void take_off(struct exchange *x, struct message *m, struct codings *c)
{
	while (c->n)
		body_decode(x->arena, &m->body, c->v[--c->n], &x->undecodable[m->kind]);
}

bool content_decode(struct exchange *x, struct message *m)
{
	struct codings c;
	str as_it_says = headers_get(&m->headers, S("Content-Encoding"));
	if (!str_given(as_it_says))
		return true;
	if (!codings_of(&m->headers, &c)) {
		fault_raise(x, &gateway_faults[UNSUPPORTED_ENCODING], STR(as_it_says));
		return false;
	}
	take_off(x, m, &c);
	headers_recoded(x->arena, &m->headers, NULL);
	return true;
}

static bool is_so(const struct codings *c, const enum coding *want)
{
	return want ? c->n == 1 && c->v[0] == *want : c->n == 0;
}

/* want NULL: without any coding.  What was in memory is so again, within the limit, that its length can be
 * said. */
static err recode(struct exchange *x, struct message *m, const enum coding *want)
{
	struct codings c;
	str ignored;
	if (m->body.kind == BODY_NONE || !codings_of(&m->headers, &c) || is_so(&c, want))
		return DONE;
	bool collects = m->body.kind == BODY_BYTES;
	take_off(x, m, &c);
	if (want)
		body_encode(x->arena, &m->body, *want);
	headers_recoded(x->arena, &m->headers, want);
	return collects ? message_content(x->arena, m, content_max(x, m), x->deadline, &ignored)
	                : DONE;
}

static const enum coding codings[] = {
	[COMPRESSION_GZIP] = CODING_GZIP, [COMPRESSION_DEFLATE] = CODING_DEFLATE
};

static const enum coding *coding_of(int compression)
{
	return compression == COMPRESSION_NONE ? NULL : &codings[compression];
}

err compress_request(struct exchange *x, struct message *m)
{
	int wanted = x->target->props.compression;
	if (wanted == COMPRESSION_AS_IS || m->body.kind == BODY_NONE)
		return DONE;
	m->headers = headers_copy(x->arena, &m->headers, 2); /* request.* stays as it is */
	return recode(x, m, coding_of(wanted));
}

/* RFC 9110 §12.5.3: named, or "*", and not with a weight of 0. */
static bool accepts(const struct message *request, enum coding coding)
{
	bool star = false;
	for (size_t i = 0; i < request->headers.n; i++) {
		const struct header *h = &request->headers.v[i];
		if (!str_ieq(h->name, S("Accept-Encoding")))
			continue;
		for (str rest = h->value; str_given(rest);) {
			str weight = str_cut(&rest, ','), name = str_trim(str_cut(&weight, ';'));
			double q = 1;
			weight = str_trim(weight);
			if (str_istarts(weight, S("q=")) &&
			    !str_to_double(str_sub(weight, 2, STR_NPOS), &q))
				q = 0;
			if (str_ieq(name, coding_name(coding)))
				return q > 0;
			star |= str_eq(name, S("*")) && q > 0;
		}
	}
	return star;
}

/* RFC 9110 §14.4: a range is of the bytes as they are; RFC 9111 §5.2.2.6: and so may the target want all. */
static bool is_fixed(const struct message *m)
{
	return m->status == 206 || m->tunnel ||
	       headers_have_token(&m->headers, S("Cache-Control"), S("no-transform"));
}

err compress_answer(struct exchange *x, struct message *m)
{
	int wanted = x->endpoint ? x->endpoint->compression : COMPRESSION_AS_IS;
	if (wanted == COMPRESSION_AS_IS || is_fixed(m))
		return DONE;
	const enum coding *coding = coding_of(wanted);
	if (coding && !headers_have_token(&m->headers, S("Vary"), S("Accept-Encoding")))
		headers_add(x->arena, &m->headers, S("Vary"), S("Accept-Encoding"));
	if (coding && !accepts(x->call->request, *coding))
		coding = NULL;
	return recode(x, m, coding);
}
