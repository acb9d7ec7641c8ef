/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables: what can be set, what that changes, what is refused, and where the table ends.
 * A row is a name, a value, and what is read then.
 * Source: Apigee, "Flow variables reference". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/flow/vars_fixture.h"

#define NONE NULL /* no value at all */

static const struct { enum when when; const char *name, *value; enum err_code err; const char *read, *want; } writes[] = {
	{ IN_REQUEST, "request.header.x-new", "v", ERR_NONE, "request.header.X-New", "v" },
	{ IN_REQUEST, "request.header.x-one", "z", ERR_NONE, "request.header.x-one.values.string", "z" },
	{ IN_REQUEST, "request.header.x-one.2", "y", ERR_NONE, "request.header.x-one.values.string", "z,y" },
	{ IN_REQUEST, "request.header.x-one.1", "w", ERR_NONE, "request.header.x-one.values.string", "w,y" },
	{ IN_REQUEST, "request.header.x-one", NULL, ERR_NONE, "request.header.x-one", NONE },
	{ IN_REQUEST, "request.header.x-bad", "a\r\nX: y", ERR_SYNTAX, "request.header.x-bad", NONE },
	{ IN_REQUEST, "request.header.x bad", "a", ERR_SYNTAX, "request.header.x bad", NONE },
	{ IN_REQUEST, "request.header.x-one.values", "a", ERR_DENIED, "request.header.x-one", NONE },
	{ IN_REQUEST, "request.queryparam.a", "9 9", ERR_NONE, "request.querystring", "a=9%209&b=x%20y&c&d+e=+&=z" },
	{ IN_REQUEST, "request.queryparam.c", NULL, ERR_NONE, "request.querystring", "a=9%209&b=x%20y&d+e=+&=z" },
	{ IN_REQUEST, "request.queryparam.new", "n&m", ERR_NONE, "request.queryparam.new", "n&m" },
	{ IN_REQUEST, "request.queryparam.new.2", "o", ERR_NONE, "request.queryparam.new.values.string", "n&m,o" },
	{ IN_REQUEST, "request.formparam.f", "3", ERR_NONE, "request.content", "f=3&g=%21" },
	{ IN_REQUEST, "request.formparam.h", "4", ERR_NONE, "request.formstring", "f=3&g=%21&h=4" },
	{ IN_REQUEST, "request.content", "other", ERR_NONE, "request.content", "other" },
	{ IN_REQUEST, "request.content", "other", ERR_NONE, "request.header.content-length", "5" },
	{ IN_REQUEST, "request.verb", "PUT", ERR_NONE, "request.verb", "PUT" },
	{ IN_REQUEST, "request.verb", "P T", ERR_SYNTAX, "request.verb", "PUT" },
	{ IN_REQUEST, "request.path", "/new", ERR_NONE, "request.path", "/new" },
	{ IN_REQUEST, "request.path", "new", ERR_SYNTAX, "request.path", "/new" },
	{ IN_REQUEST, "request.path", "/n\ne", ERR_SYNTAX, "request.path", "/new" },
	{ IN_REQUEST, "request.uri", "/u?q=1", ERR_NONE, "request.queryparam.q", "1" },
	{ IN_REQUEST, "request.uri", "/u", ERR_NONE, "request.uri", "/u" },
	{ IN_REQUEST, "request.querystring", "k=v", ERR_NONE, "request.uri", "/u?k=v" },
	{ IN_REQUEST, "request.version", "2", ERR_DENIED, "request.version", "1.1" },
	{ IN_REQUEST, "request.headers.count", "2", ERR_DENIED, "request.transportid", "http" },
	{ IN_REQUEST, "message.header.m", "1", ERR_NONE, "request.header.m", "1" },
	{ IN_REQUEST, "response.content", "x", ERR_NOT_FOUND, "response.content", NONE },
	{ IN_REQUEST, "response.status.code", "200", ERR_NOT_FOUND, "response.status.code", NONE },
	{ IN_REQUEST, "response.header.a", "200", ERR_NOT_FOUND, "response.header.a", NONE },
	{ IN_REQUEST, "request.status.code", "200", ERR_NOT_FOUND, "request.status.code", NONE },
	{ IN_REQUEST, "client.ip", "9.9.9.9", ERR_DENIED, "client.ip", "127.0.0.1" },
	{ IN_REQUEST, "system.time", "x", ERR_DENIED, "system.time.zone", "UTC" },
	{ IN_REQUEST, "proxy.pathsuffix", "/z", ERR_DENIED, "proxy.pathsuffix", "/p/q" },
	{ IN_REQUEST, "messageid", "z", ERR_DENIED, "messageid", "m-1" },
	{ IN_REQUEST, "fault.name", "z", ERR_DENIED, "fault.name", NONE },
	{ IN_REQUEST, "target.url", "http://x", ERR_NONE, "target.url", NONE }, /* no target request flow */
	{ IN_REQUEST, "my.own", "1", ERR_NONE, "my.own", "1" },
	{ IN_REQUEST, "my.own", "2", ERR_NONE, "my.own", "2" },
	{ IN_REQUEST, "my.own", NULL, ERR_NONE, "my.own", NONE },
	{ IN_REQUEST, "made.status.code", "299", ERR_NONE, "made.status.code", "299" },
	{ IN_REQUEST, "made.header.k", "v", ERR_NONE, "made.header.k", "v" },
	{ IN_REQUEST, "unmade.content", "just a variable", ERR_NONE, "unmade.content", "just a variable" },
	{ IN_REQUEST, "given.name", "set later", ERR_NONE, "given.name", "set later" },
	{ IN_REQUEST, "given.name", NULL, ERR_NONE, "given.name", NONE },
	{ IN_RESPONSE, "response.status.code", "299", ERR_NONE, "response.status.code", "299" },
	{ IN_RESPONSE, "response.status.code", "200", ERR_NONE, "response.reason.phrase", "OK" },
	{ IN_RESPONSE, "response.status.code", "99", ERR_SYNTAX, "response.status.code", "200" },
	{ IN_RESPONSE, "response.status.code", "abc", ERR_SYNTAX, "response.status.code", "200" },
	{ IN_RESPONSE, "response.reason.phrase", "Fine", ERR_NONE, "response.reason.phrase", "Fine" },
	{ IN_RESPONSE, "response.reason.phrase", "a\nb", ERR_SYNTAX, "response.reason.phrase", "Fine" },
	{ IN_RESPONSE, "response.verb", "GET", ERR_NOT_FOUND, "response.verb", NONE },
	{ IN_RESPONSE, "response.queryparam.a", "1", ERR_NOT_FOUND, "response.queryparam.a", NONE },
	{ IN_RESPONSE, "message.content", "m", ERR_NONE, "response.content", "m" },
	{ IN_RESPONSE, "target.copy.pathsuffix", "false", ERR_NONE, "target.copy.pathsuffix", "false" },
	{ IN_RESPONSE, "target.copy.queryparams", "FALSE", ERR_NONE, "target.copy.queryparams", "false" },
	{ IN_RESPONSE, "target.copy.queryparams", "true", ERR_NONE, "target.copy.queryparams", "true" },
	{ IN_RESPONSE, "target.header.host", "h", ERR_NONE, "target.header.host", "h" },
	{ IN_RESPONSE, "target.header.host", "h\n", ERR_SYNTAX, "target.header.host", "h" },
	{ IN_RESPONSE, "target.port", "1", ERR_DENIED, "target.port", "8080" },
	{ IN_ERROR, "error.status.code", "418", ERR_NONE, "message.status.code", "418" },
	{ IN_ERROR, "error.header.a", "b", ERR_NONE, "message.header.a", "b" },
	{ IN_ERROR, "message.content", "e", ERR_NONE, "error.content", "e" },
	{ IN_ERROR, "error.message", "e", ERR_DENIED, "error.message", "Rate limit quota violation." },
};

static void writing(void **state)
{
	struct fixture *f = *state;
	put_customs(f);
	enum when now = IN_REQUEST;
	for (size_t i = 0; i < COUNT(writes); i++) {
		if (writes[i].when != now && writes[i].when == IN_RESPONSE)
			answer(f);
		if (writes[i].when != now && writes[i].when == IN_ERROR)
			go_wrong(f);
		now = writes[i].when;
		char text[64];
		struct value value = { 0 };
		if (writes[i].value) {
			snprintf(text, sizeof text, "%s", writes[i].value);
			value = VALUE_STR(str_from_z(text));
		}
		const struct flowvar *v = flowvar_bind(f->arena, str_from_z(writes[i].name));
		err e = vars_set(&f->x, v, value);
		memset(text, '#', sizeof text); /* it must have been copied */
		if (e.code != writes[i].err)
			fail_msg("%s: %s", writes[i].name, err_word(e.code));
		str got = vars_text(&f->x, flowvar_bind(f->arena, str_from_z(writes[i].read)));
		str want = str_from_z(writes[i].want);
		if (str_given(got) != str_given(want) || !str_eq(got, want))
			fail_msg("%s set: %s = %.*s, not %s", writes[i].name, writes[i].read, STR(got), writes[i].want);
	}
}

static void target_url_is_set_in_its_flow(void **state)
{
	struct fixture *f = *state;
	const struct flowvar *url = flowvar_bind(f->arena, S("target.url"));
	f->x.target = &f->target;
	f->x.segment = SEG_TARGET_REQUEST;
	struct template own = { S("http://own/x") };
	f->target.url = &own;
	assert_true(str_eq(vars_text(&f->x, url), S("http://own/x")));
	assert_int_equal(vars_set(&f->x, url, VALUE_STR(S("http://b/c"))).code, ERR_NONE);
	assert_true(str_eq(f->x.target_url, S("http://b/c")));
	assert_true(str_eq(vars_text(&f->x, url), S("http://b/c")));
}

static void newest_wins(void **state)
{
	struct fixture *f = *state;
	static const str one = S_INIT("one"), two = S_INIT("two");
	const struct flowvar *v = flowvar_bind(f->arena, S("given.name"));
	assert_int_equal(vars_set(&f->x, v, VALUE_STR(S("zero"))).code, ERR_NONE);
	vars_provide(&f->x, S(""), from_provider, &one);
	assert_true(str_eq(vars_text(&f->x, v), one));
	vars_provide(&f->x, S("given."), from_provider, &two);
	assert_true(str_eq(vars_text(&f->x, v), two));
	assert_int_equal(vars_set(&f->x, v, VALUE_STR(S("three"))).code, ERR_NONE);
	assert_true(str_eq(vars_text(&f->x, v), S("three")));
	assert_int_equal(vars_set(&f->x, v, (struct value){ 0 }).code, ERR_NONE); /* hides what is provided */
	assert_int_equal(vars_get(&f->x, v).kind, VALUE_NULL);
}

static void a_full_table_refuses(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < VARS_MAX; i++)
		assert_int_equal(vars_set_named(&f->x, str_fmt(f->arena, "v%d", i), VALUE_OF_INT(i)).code, ERR_NONE);
	assert_int_equal(vars_set_named(&f->x, S("one.more"), VALUE_OF_INT(1)).code, ERR_LIMIT);
	assert_int_equal(vars_set_named(&f->x, S("v7"), VALUE_OF_INT(8)).code, ERR_NONE);
	f->x.vars_full = false;
	vars_put(&f->x, S("p"), S("q"), S("r"), VALUE_OF_INT(1));
	assert_true(f->x.vars_full);
	assert_int_equal(vars_get_named(&f->x, S("v7")).i, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writing, setup, teardown),
		cmocka_unit_test_setup_teardown(target_url_is_set_in_its_flow, setup, teardown),
		cmocka_unit_test_setup_teardown(newest_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_table_refuses, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
