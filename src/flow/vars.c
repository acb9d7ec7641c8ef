/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables: binding names, reading and writing them.
 * Of a set variable and a provided one the newer wins.
 * Source: Apigee, "Flow variables reference". */
#include "flow/vars.h"

#include "flow/var_row.h"

static bool row_matches(const struct var_row *row, str name, str *arg)
{
	str pattern = str_from_z(row->name);
	if (str_ends(pattern, S(".*"))) {
		pattern.n--;
		*arg = str_sub(name, pattern.n, STR_NPOS);
		return name.n > pattern.n && str_starts(name, pattern);
	}
	return str_eq(pattern, name);
}

/* of_message: among the rows of messages, name is what follows "owner." */
static const struct var_row *row_find(str name, bool of_message, str *arg)
{
	for (const struct var_row *row = var_rows; row->name; row++) {
		bool m = row->name[0] == 'M' && row->name[1] == '.';
		struct var_row tail = { .name = row->name + (m ? 2 : 0) };
		if (m == of_message && row_matches(&tail, name, arg))
			return row;
	}
	return NULL;
}

static bool digits(str s, unsigned *n)
{
	uint64_t v;
	if (!str_to_u64(s, &v) || !v || v > 100000)
		return false;
	*n = (unsigned)v;
	return true;
}

/* "x-one.values.count" is the argument x-one and a part of it. */
static void cut_part(struct flowvar *v)
{
	static const struct {
		str suffix;
		enum var_part part;
	} parts[] = {
		{ S_INIT(".values.count"), PART_COUNT },
		{ S_INIT(".values.string"), PART_STRING },
		{ S_INIT(".values"), PART_VALUES },
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (v->arg.n > parts[i].suffix.n && str_ends(v->arg, parts[i].suffix)) {
			v->arg.n -= parts[i].suffix.n;
			v->part = parts[i].part;
			return;
		}
	size_t dot = str_rfind_char(v->arg, '.');
	if (dot != STR_NPOS && dot && digits(str_sub(v->arg, dot + 1, STR_NPOS), &v->nth)) {
		v->arg.n = dot;
		v->part = PART_NTH;
	}
}

static enum var_owner owner_of(str first)
{
	return str_eq(first, S("request"))    ? OWNER_REQUEST
	       : str_eq(first, S("response")) ? OWNER_RESPONSE
	       : str_eq(first, S("message"))  ? OWNER_MESSAGE
	       : str_eq(first, S("error"))    ? OWNER_ERROR
	                                      : OWNER_MADE;
}

static void bind_to_message(struct flowvar *v)
{
	for (size_t dot = 0; dot < v->name.n; dot++) {
		if (v->name.p[dot] != '.')
			continue;
		str first = str_sub(v->name, 0, dot);
		v->row = row_find(str_sub(v->name, dot + 1, STR_NPOS), true, &v->arg);
		if (!v->row)
			continue;
		v->owner = owner_of(first);
		v->made = first;
		v->made_hash = str_hash(first);
		return;
	}
}

static void bind(struct flowvar *v)
{
	v->hash = str_hash(v->name);
	v->row = row_find(v->name, false, &v->arg);
	if (!v->row)
		bind_to_message(v);
	if (v->arg.n)
		cut_part(v);
}

struct flowvar *flowvar_bind(struct arena *arena, str name)
{
	struct flowvar *v = arena_new(arena, struct flowvar);
	v->name = str_dup(arena, name);
	bind(v);
	return v;
}

str flowvar_name(const struct flowvar *v) { return v->name; }

/* ---- custom names ---- */

static struct var *var_find(const struct exchange *x, str name, uint64_t hash)
{
	struct map_entry *e = map_find(&x->vars, name, hash);
	return e ? e->value : NULL;
}

static struct value provided(struct exchange *x, str name, unsigned after)
{
	for (const struct vars_lazy *l = x->lazies; l && l->turn > after; l = l->next)
		if (str_starts(name, l->prefix)) {
			struct value value = l->fn(x, l->ctx, name);
			if (value.kind != VALUE_NULL)
				return value;
		}
	return (struct value){ 0 };
}

static struct value custom_get(struct exchange *x, str name, uint64_t hash)
{
	const struct var *var = var_find(x, name, hash);
	if (x->lazies) {
		struct value value = provided(x, name, var ? var->turn : 0);
		if (value.kind != VALUE_NULL)
			return value;
	}
	return var ? var->value : (struct value){ 0 };
}

/* The variable of the name, made if need be; NULL: the table is full. */
static struct var *var_make(struct exchange *x, str name, uint64_t hash)
{
	struct var *var = var_find(x, name, hash);
	if (var)
		return var;
	if (x->vars.n >= VARS_MAX) {
		x->vars_full = true;
		return NULL;
	}
	if (!x->vars.arena)
		x->vars = map_in(x->arena);
	var = arena_new(x->arena, struct var);
	map_put(&x->vars, name, var);
	return var;
}

/* name lives as long as the exchange. */
static err custom_set(struct exchange *x, str name, uint64_t hash, struct value value)
{
	struct var *var = var_make(x, name, hash);
	if (!var)
		return FAIL(ERR_LIMIT);
	if (value.kind == VALUE_STRING)
		value.s = str_dup(x->arena, value.s);
	var->value = value;
	var->turn = ++x->vars_turn;
	return DONE;
}

/* ---- messages ---- */

static struct message **message_place(struct exchange *x, enum var_owner owner)
{
	switch (owner) {
	case OWNER_REQUEST:
		return &x->request;
	case OWNER_RESPONSE:
		return &x->response;
	case OWNER_MESSAGE:
		if (!x->in_error)
			return x->segment <= SEG_TARGET_REQUEST ? &x->request : &x->response;
		return &x->error;
	default:
		must(owner == OWNER_ERROR);
		return &x->error;
	}
}

static struct message *made_message(const struct exchange *x, str name, uint64_t hash)
{
	const struct var *var = var_find(x, name, hash);
	return var ? var->message : NULL;
}

static struct message *owner_message(struct exchange *x, const struct flowvar *v)
{
	return v->owner == OWNER_MADE ? made_message(x, v->made, v->made_hash)
	                              : *message_place(x, v->owner);
}

struct message *vars_message(struct exchange *x, str name)
{
	enum var_owner owner = owner_of(name);
	return owner == OWNER_MADE ? made_message(x, name, str_hash(name))
	                           : *message_place(x, owner);
}

void vars_set_message(struct exchange *x, str name, struct message *m)
{
	enum var_owner owner = owner_of(name);
	if (owner != OWNER_MADE) {
		*message_place(x, owner) = m;
		return;
	}
	name = str_dup(x->arena, name);
	struct var *var = var_make(x, name, str_hash(name));
	if (var)
		var->message = m;
}

/* ---- reading and writing ---- */

/* Whether the row answers for the name now; a message that nobody made leaves it a custom name. */
static bool computed(struct exchange *x, const struct flowvar *v, struct message **m)
{
	*m = NULL;
	if (!v->row)
		return false;
	if (v->owner == OWNER_NONE)
		return true;
	*m = owner_message(x, v);
	return *m || v->owner != OWNER_MADE;
}

struct value vars_get(struct exchange *x, const struct flowvar *v)
{
	struct message *m;
	if (!computed(x, v, &m))
		return custom_get(x, v->name, v->hash);
	if (v->owner != OWNER_NONE && !m)
		return (struct value){ 0 };
	return v->row->read(x, v, m);
}

str vars_text(struct exchange *x, const struct flowvar *v)
{
	struct value value = vars_get(x, v);
	if (value.kind == VALUE_NULL)
		return STR_NONE;
	return value.kind == VALUE_STRING ? value.s : value_text(x->arena, value);
}

struct value vars_get_named(struct exchange *x, str name)
{
	struct flowvar v = { .name = name };
	bind(&v);
	return vars_get(x, &v);
}

err vars_set(struct exchange *x, const struct flowvar *v, struct value value)
{
	struct message *m;
	if (!computed(x, v, &m))
		return custom_set(x, v->name, v->hash, value);
	if (!v->row->write)
		return FAIL(ERR_DENIED);
	if (v->owner != OWNER_NONE && !m)
		return FAIL(ERR_NOT_FOUND);
	if (value.kind == VALUE_STRING)
		value.s = str_dup(x->arena, value.s);
	return v->row->write(x, v, m, value);
}

err vars_set_named(struct exchange *x, str name, struct value value)
{
	struct flowvar v = { .name = str_dup(x->arena, name) };
	bind(&v);
	return vars_set(x, &v, value);
}

void vars_put(struct exchange *x, str prefix, str policy, str name, struct value value)
{
	struct buf b = buf_in(x->arena);
	buf_room(&b, prefix.n + policy.n + name.n + 2);
	buf_add(&b, prefix);
	buf_char(&b, '.');
	buf_add(&b, policy);
	buf_char(&b, '.');
	buf_add(&b, name);
	str full = buf_str(&b);
	if (custom_set(x, full, str_hash(full), value).code)
		x->vars_full = true;
}

void vars_provide(struct exchange *x, str prefix,
                  struct value (*fn)(struct exchange *, const void *ctx, str name), const void *ctx)
{
	struct vars_lazy *l = arena_new(x->arena, struct vars_lazy);
	*l = (struct vars_lazy){ x->lazies, prefix, fn, ctx, ++x->vars_turn };
	x->lazies = l;
}
