/* SPDX-License-Identifier: Apache-2.0 */
/* The template functions with a language of their own: times, JSONPath, XPath, xeger.
 * A literal format or path is checked at deploy time; at run time what fails gives "".
 * Source: Apigee, "Message templates", function reference. */
#include <jansson.h>
#include <string.h>

#include "codec/xpath.h"
#include "lang/jsonpath.h"
#include "lang/template_code.h"
#include "lang/time_format.h"
#include "lang/xeger.h"
#include "rt/fiber.h"

err template_time_prepare(struct binder *b, unsigned line, struct call *c)
{
	str unused;
	if (!c->args[0].var && time_format(b->arena, c->args[0].text, 0, &unused).code)
		return diag_add(b->diag, ERR_SYNTAX, line, "%s(): \"%.*s\" is not a date format",
		                c->fn->name, STR(c->args[0].text));
	return DONE;
}

str template_time(struct arena *a, const struct call *c, const struct input *in)
{
	str name = str_from_z(c->fn->name), out;
	int64_t t;
	if (!str_to_i64(in[1].text, &t))
		return S("");
	if (!str_ends(name, S("Ms")) && __builtin_mul_overflow(t, 1000, &t))
		return S("");
	return time_format(a, in[0].text, t, &out).code ? S("") : out;
}

err template_jsonpath_prepare(struct binder *b, unsigned line, struct call *c)
{
	struct jsonpath *path;
	if (c->args[0].var)
		return DONE;
	TRY(jsonpath_compile(b->arena, c->args[0].text, b->diag, line, &path));
	c->prepared = path;
	return DONE;
}

/* What is done on the loop: about a millisecond of it. */
enum { STEPS_AT_ONCE = 5000, XML_AT_ONCE = 8 * 1024, JSON_AT_ONCE = 16 * 1024, LANE_FULL_MS = 5 };

/* On a worker, as soon as there is one. */
static err aside(void (*fn)(void *), void *job)
{
	err lane;
	do
		lane = offload(LANE_CPU, fn, job);
	while (lane.code == ERR_LIMIT && !wait_until(deadline_in(LANE_FULL_MS)).code);
	return lane;
}

static str json_result(struct arena *a, const json_t *v)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	if (json_is_string(v))
		return json_text(v);
	json_tree(&w, v);
	return buf_str(&b);
}

/* What is found may stand within what is found, again and again: past ARRAY_MAX bytes it is not made. */
static str found_array(struct arena *a, const struct jsonpath_found *found)
{
	enum { ARRAY_MAX = 10 << 20 };
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '[');
	for (size_t i = 0; i < found->n; i++) {
		json_tree(&w, found->v[i]);
		if (b.n > ARRAY_MAX)
			return S("");
	}
	json_close(&w, ']');
	return buf_str(&b);
}

/* One place gives its value, and of an array the first element; several places are an array too. */
static str found_text(struct arena *a, const struct jsonpath *path, str text, bool whole)
{
	struct diag unseen = { .arena = a };
	struct jsonpath_found found;
	json_t *root;
	if (json_read(a, text, &unseen, &root).code || jsonpath_find(a, path, root, &found).code ||
	    found.n == 0)
		return S("");
	if (!jsonpath_is_definite(path))
		return whole ? found_array(a, &found) : json_result(a, found.v[0]);
	const json_t *v = found.v[0];
	if (!json_is_array(v) || whole)
		return json_result(a, v);
	return json_array_size(v) ? json_result(a, json_array_get(v, 0)) : S("");
}

struct json_job {
	struct arena *arena;
	const struct jsonpath *path;
	str text;
	bool whole;
	str out;
};

/* The tree is many times its text, and goes before the exchange waits for anything. */
static void find_json(void *job)
{
	struct json_job *j = job;
	struct arena *tree = arena_create(0, 0);
	j->out = str_dup(j->arena, found_text(tree, j->path, j->text, j->whole));
	arena_destroy(&tree);
}

str template_jsonpath(struct arena *a, const struct call *c, const struct input *in)
{
	struct diag unseen = { .arena = a };
	struct jsonpath *made;
	struct json_job j = { a, c->prepared, in[1].text, c->n > 2 && str_eq(in[2].text, S("true")),
		              S("") };
	if (!j.path) {
		if (jsonpath_compile(a, in[0].text, &unseen, 0, &made).code)
			return S("");
		j.path = made;
	}
	if (j.text.n <= JSON_AT_ONCE)
		find_json(&j);
	else if (aside(find_json, &j).code)
		return S("");
	return j.out;
}

static enum xpath_type type_named(str word)
{
	static const struct {
		str word;
		enum xpath_type type;
	} types[] = {
		{ S_INIT("node"), XPATH_TYPE_NODE },
		{ S_INIT("number"), XPATH_TYPE_NUMBER },
		{ S_INIT("boolean"), XPATH_TYPE_BOOLEAN },
		{ S_INIT("string"), XPATH_TYPE_STRING },
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_ieq(word, types[i].word))
			return types[i].type;
	return XPATH_TYPE_NODESET;
}

struct xpath_job {
	struct arena *arena;
	struct xpath query;
	str out;
	err e;
};

static void evaluate(void *job)
{
	struct xpath_job *j = job;
	j->e = xpath_eval(j->arena, &j->query, &j->out);
}

/* xpath(expression,xml[,type][,prefix:uri...]): what holds a colon is a namespace */
str template_xpath(struct arena *a, const struct call *c, const struct input *in)
{
	struct xpath_job j = { .arena = a };
	struct xpath *q = &j.query;
	*q = (struct xpath){ in[0].text, in[1].text, { 0 }, XPATH_TYPE_NODESET, STEPS_AT_ONCE };
	for (size_t i = 2; i < c->n; i++) {
		str uri = in[i].text, prefix = str_cut(&uri, ':');
		if (str_given(uri))
			VEC_PUSH(a, &q->prefixes, (struct pair){ prefix, uri });
		else if (i == 2)
			q->type = type_named(prefix);
	}
	if (q->xml.n <= XML_AT_ONCE)
		evaluate(&j);
	if (q->xml.n > XML_AT_ONCE || j.e.code == ERR_LIMIT) {
		q->steps = XPATH_STEPS_MAX; /* 50 ms */
		err lane = aside(evaluate, &j);
		j.e = lane.code ? lane : j.e;
	}
	return j.e.code ? S("") : j.out;
}

err template_xeger_prepare(struct binder *b, unsigned line, struct call *c)
{
	str unused;
	if (!c->args[0].var && xeger(b->arena, c->args[0].text, &unused).code)
		return diag_add(b->diag, ERR_SYNTAX, line,
		                "xeger(): no text can be made from \"%.*s\"", STR(c->args[0].text));
	return DONE;
}

str template_xeger(struct arena *a, const struct call *c, const struct input *in)
{
	str out;
	(void)c;
	return xeger(a, in[0].text, &out).code ? S("") : out;
}
