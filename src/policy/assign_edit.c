/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of one message: its headers, its query, its form body.
 * Invariant: strings that a message takes live in the exchange's arena.
 * Source: Apigee, "AssignMessage policy"; RFC 9110 §5.3 for lists in headers. */
#include "policy/assign_edit.h"

/* ---- query -------------------------------------------------------------------------------- */

static void put_query(struct message *to, str raw) { to->query = raw.n ? raw : STR_NONE; }

void edit_query(struct assigning *g, params_edit edit, str name, str value)
{
	if (g->to->kind == MESSAGE_REQUEST)
		put_query(g->to, edit(g->x->arena, g->to->query, name, value));
}

void copy_query(struct assigning *g, const struct message *from, str name, unsigned nth)
{
	if (g->to->kind == MESSAGE_REQUEST)
		put_query(g->to, params_copy(g->x->arena, g->to->query, from->query, name, nth));
}

void remove_query(struct assigning *g, str name, unsigned nth)
{
	if (g->to->kind == MESSAGE_REQUEST)
		put_query(g->to, params_remove(g->x->arena, g->to->query, name, nth));
}

/* ---- form --------------------------------------------------------------------------------- */

/* The form's text; false: the message holds something else. */
static bool form_text(struct assigning *g, struct message *m, str *out)
{
	*out = S("");
	if (m->kind != MESSAGE_REQUEST)
		return false;
	if (m->body.kind == BODY_NONE)
		return true;
	bool form = message_is_form(m);
	if (!form && m->body.kind != BODY_BYTES)
		return false; /* never read a stream only to leave it alone */
	*out = form ? exchange_form(g->x, m) : exchange_content(g->x, m);
	return form || !out->n;
}

static void put_form(struct assigning *g, str text)
{
	message_set_content(g->x->arena, g->to, text,
	                    message_is_form(g->to) ? STR_NONE : form_type);
}

enum verdict edit_form(struct assigning *g, params_edit edit, str name, str value)
{
	str text;
	bool form = form_text(g, g->to, &text);
	if (g->x->fault_pending)
		return FAULT;
	if (form)
		put_form(g, edit(g->x->arena, text, name, value));
	return CONTINUE;
}

enum verdict copy_form(struct assigning *g, struct message *from, const struct assign_items *items)
{
	str text, source;
	bool both = form_text(g, g->to, &text) && form_text(g, from, &source) && source.n;
	if (g->x->fault_pending)
		return FAULT;
	if (!both)
		return CONTINUE;
	const struct assign_item *v = items->v.v;
	for (size_t i = 0; i < items->v.n; i++)
		text = params_copy(g->x->arena, text, source, v[i].name, v[i].nth);
	put_form(g, items->v.n ? text : source);
	return CONTINUE;
}

enum verdict remove_form(struct assigning *g, const struct assign_items *items)
{
	str text;
	bool form = form_text(g, g->to, &text);
	if (g->x->fault_pending)
		return FAULT;
	if (!form || !text.n)
		return CONTINUE;
	const struct assign_item *v = items->v.v;
	for (size_t i = 0; i < items->v.n; i++)
		text = params_remove(g->x->arena, text, v[i].name, v[i].nth);
	put_form(g, items->v.n ? text : S(""));
	return CONTINUE;
}

/* ---- headers ------------------------------------------------------------------------------ */

static bool is_framing(str name)
{
	static const str framing[] = {
		S_INIT("Content-Length"),
		S_INIT("Transfer-Encoding"),
		S_INIT("Connection"),
		S_INIT("Keep-Alive"),
		S_INIT("TE"),
		S_INIT("Trailer"),
		S_INIT("Upgrade"),
	};
	for (size_t i = 0; i < sizeof framing / sizeof *framing; i++)
		if (str_ieq(name, framing[i]))
			return true;
	return false;
}

/* The nth value of a header, its lines cut at commas. */
static str nth_value(const struct headers *h, str name, unsigned nth)
{
	unsigned seen = 0;
	for (size_t i = 0; i < h->n; i++) {
		if (!str_ieq(h->v[i].name, name))
			continue;
		for (str rest = h->v[i].value, one; str_given(rest);) {
			one = str_trim(str_cut(&rest, ','));
			if (++seen == nth)
				return one;
		}
	}
	return STR_NONE;
}

void copy_header(struct assigning *g, const struct message *from, str name, unsigned nth)
{
	struct arena *a = g->x->arena;
	if (nth) {
		str one = nth_value(&from->headers, name, nth);
		if (str_given(one))
			headers_set(a, &g->to->headers, name, one);
		return;
	}
	bool first = true;
	for (size_t i = 0; i < from->headers.n; i++) {
		const struct header *h = &from->headers.v[i];
		if (!str_ieq(h->name, name))
			continue;
		if (first)
			headers_remove(&g->to->headers, name);
		first = false;
		headers_add(a, &g->to->headers, h->name, h->value);
	}
}

/* All but what belongs to the connection: Host names the other server, and the framing its body. */
void copy_all_headers(struct assigning *g, const struct message *from)
{
	for (size_t i = 0; i < from->headers.n; i++) {
		str name = from->headers.v[i].name;
		bool done = is_framing(name) || str_ieq(name, S("Host"));
		for (size_t j = 0; j < i && !done; j++)
			done = str_ieq(from->headers.v[j].name, name);
		if (!done)
			copy_header(g, from, name, 0);
	}
}

/* One pass: a client may send thousands of values in one line. */
static void remove_nth(struct assigning *g, str name, unsigned nth)
{
	struct buf kept = buf_in(g->x->arena);
	unsigned seen = 0;
	bool any = false;
	for (size_t i = 0; i < g->to->headers.n; i++) {
		if (!str_ieq(g->to->headers.v[i].name, name))
			continue;
		for (str rest = g->to->headers.v[i].value; str_given(rest);) {
			str one = str_trim(str_cut(&rest, ','));
			if (++seen == nth)
				continue;
			if (any)
				buf_add(&kept, S(", "));
			buf_add(&kept, one);
			any = true;
		}
	}
	if (nth > seen)
		return; /* there are fewer */
	headers_remove(&g->to->headers, name);
	if (any)
		headers_add(g->x->arena, &g->to->headers, name, buf_str(&kept));
}

void remove_header(struct assigning *g, str name, unsigned nth)
{
	if (nth)
		remove_nth(g, name, nth);
	else
		headers_remove(&g->to->headers, name);
}

void remove_all_headers(struct assigning *g)
{
	struct headers kept = { 0 };
	for (size_t i = 0; i < g->to->headers.n; i++) {
		const struct header *h = &g->to->headers.v[i];
		if (is_framing(h->name) || str_ieq(h->name, S("Host")))
			headers_add(g->x->arena, &kept, h->name, h->value);
	}
	g->to->headers = kept;
}
