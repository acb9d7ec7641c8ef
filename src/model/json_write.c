/* SPDX-License-Identifier: Apache-2.0 */
/* Structs into JSON by their tables.
 * Rows that share "group/" in their path stand together and make one object.
 * Source: model/json.h. */
#include <string.h>

#include "model/json.h"

static str text_or_default(const struct field *f, const void *at)
{
	str s = *(const str *)at;
	return !str_given(s) && f->dflt ? str_from_z(f->dflt) : s;
}

static bool is_left_out(const struct field *f, const void *at)
{
	if (f->hidden || f->input_only || f->type == T_IGNORED)
		return true;
	if (f->type == T_STR || f->type == T_TEXT)
		return !str_given(text_or_default(f, at));
	return f->type == T_GROUPP && !*(void *const *)at;
}

static void write_strs(struct json_writer *w, const struct strs *s)
{
	json_open(w, '[');
	for (size_t i = 0; i < s->n; i++)
		json_str(w, s->v[i]);
	json_close(w, ']');
}

static void write_list(struct json_writer *w, const struct field *sub, size_t size,
                       const struct list *l)
{
	json_open(w, '[');
	for (size_t i = 0; i < l->n; i++)
		model_write_json(w, sub, (const char *)l->v + i * size);
	json_close(w, ']');
}

static void write_value(struct json_writer *w, const struct field *f, const void *at)
{
	switch (f->type) {
	case T_STR:
	case T_TEXT:
		json_str(w, text_or_default(f, at));
		break;
	case T_BOOL:
		json_bool(w, *(const bool *)at);
		break;
	case T_UINT:
	case T_INT:
	case T_MS:
		json_int(w, *(const int64_t *)at);
		break;
	case T_ENUM:
		json_str(w, str_from_z(f->names[*(const int *)at]));
		break;
	case T_STRS:
		write_strs(w, at);
		break;
	case T_LIST:
		write_list(w, f->sub, f->sub_size, at);
		break;
	case T_GROUP:
		model_write_json(w, f->sub, at);
		break;
	case T_GROUPP:
		model_write_json(w, f->sub, *(void *const *)at);
		break;
	default:
		must(!"a type of the management API");
	}
}

void model_write_json(struct json_writer *w, const struct field *fields, const void *thing)
{
	str group = STR_NONE;
	json_open(w, '{');
	for (const struct field *f = fields; f->type; f++) {
		const void *at = (const char *)thing + f->offset;
		str key = str_from_z(f->path), head = STR_NONE;
		if (is_left_out(f, at))
			continue;
		if (str_find_char(key, '/') != STR_NPOS)
			head = str_cut(&key, '/');
		if (str_given(group) && !str_eq(group, head))
			json_close(w, '}');
		if (str_given(head) && !str_eq(group, head)) {
			json_key(w, head);
			json_open(w, '{');
		}
		group = head;
		json_key(w, key);
		write_value(w, f, at);
	}
	if (str_given(group))
		json_close(w, '}');
	json_close(w, '}');
}

str model_json(struct arena *a, const struct noun *noun, const void *thing)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, true);
	model_write_json(&w, noun->fields, thing);
	return buf_str(&b);
}

str model_json_names(struct arena *a, const struct strs *s)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, true);
	write_strs(&w, s);
	return buf_str(&b);
}

str model_json_list(struct arena *a, const struct noun *noun, const struct list *l)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, true);
	json_open(&w, '{');
	json_key(&w, str_from_z(noun->items));
	write_list(&w, noun->fields, noun->size, l);
	json_close(&w, '}');
	return buf_str(&b);
}
