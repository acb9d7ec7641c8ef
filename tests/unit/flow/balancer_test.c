/* SPDX-License-Identifier: Apache-2.0 */
/* Which server is picked, call after call, while servers fail, come back and are tried.
 * A row is a script: a letter in `calls` is what the picked server does, the picks must read as `picks`.
 * Source: flow/balancer.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/balancer.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* calls: 'o' answers, 'x' fails, 'h' is held open, 'r' fails and the next is picked for the same call,
 * '+' a second passes (no pick).  servers: a letter per server, upper case the fallback, with its weight
 * as a digit behind it; a leading '-' switches it off.  picks: '.' is none. */
static const struct {
	const char *what, *servers;
	enum balance algorithm;
	unsigned max_failures, disable_s;
	const char *calls, *picks;
} rows[] = {
	{ "by turns", "abc", BALANCE_ROUND_ROBIN, 0, 0, "oooooo", "abcabc" },
	{ "weights mean nothing by turns", "a1b3", BALANCE_ROUND_ROBIN, 0, 0, "oooo", "abab" },
	{ "weights", "a1b2", BALANCE_WEIGHTED, 0, 0, "oooooo", "abbabb" },
	{ "weights without the one that is off", "a1-b2c1", BALANCE_WEIGHTED, 0, 0, "oooo", "acac" },
	{ "fewest connections", "ab", BALANCE_LEAST_CONNECTIONS, 0, 0, "hhoh", "abab" },
	{ "fewest connections: a busy one waits", "ab", BALANCE_LEAST_CONNECTIONS, 0, 0, "hoooh", "abbbb" },
	{ "a fallback gets nothing while others are there", "aZ", BALANCE_ROUND_ROBIN, 0, 0, "oxo", "aaa" },
	{ "the fallback, when all are out", "aZ", BALANCE_ROUND_ROBIN, 1, 0, "xooo", "aZZZ" },
	{ "the fallback is never out", "aZ", BALANCE_ROUND_ROBIN, 1, 0, "xxxo", "aZZZ" },
	{ "without MaxFailures none is out", "ab", BALANCE_ROUND_ROBIN, 0, 0, "xxxx", "abab" },
	{ "out after so many in a row", "ab", BALANCE_ROUND_ROBIN, 2, 0, "xoxooo", "ababbb" },
	{ "an answer clears the count", "a", BALANCE_ROUND_ROBIN, 2, 0, "xoxoxx.", "aaaaaa." },
	{ "back after TargetDisableSecs", "a", BALANCE_ROUND_ROBIN, 1, 1, "xo+o", "a.a" },
	{ "and it takes as many failures again", "a", BALANCE_ROUND_ROBIN, 2, 1, "xxo+xoxx", "aa.aaaa" },
	{ "another for the same call", "abc", BALANCE_ROUND_ROBIN, 0, 0, "rro", "acb" },
	{ "none is left for the same call", "a", BALANCE_ROUND_ROBIN, 0, 0, "ro", "a." },
	{ "all are off", "-a-b", BALANCE_ROUND_ROBIN, 0, 0, "o", "." },
};

static struct balanced_server servers[8];

static void make(struct balancer *b, const char *text)
{
	bool off = false;
	memset(servers, 0, sizeof servers);
	for (b->n = 0; *text; text++) {
		if (*text == '-') {
			off = true;
		} else if (*text >= '1' && *text <= '9') {
			servers[b->n - 1].weight = (unsigned)(*text - '0');
		} else {
			servers[b->n++] = (struct balanced_server){ .name = str_from(text, 1), .weight = 1,
				                                    .enabled = !off, .fallback = *text < 'a' };
			off = false;
		}
	}
	b->v = servers;
}

static void picks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct balancer b = { .algorithm = rows[i].algorithm, .max_failures = rows[i].max_failures,
			              .disable_ms = rows[i].disable_s * 1000 };
		char got[16] = { 0 };
		int64_t now = 1000;
		uint64_t tried = 0;
		make(&b, rows[i].servers);
		for (const char *c = rows[i].calls; *c; c++) {
			if (*c == '+') {
				now += 1000;
				continue;
			}
			struct balanced_server *s = balancer_pick(&b, tried, now);
			got[strlen(got)] = s ? s->name.p[0] : '.';
			tried = *c == 'r' && s ? tried | (uint64_t)1 << (s - servers) : 0;
			if (s && (*c == 'x' || *c == 'r'))
				balancer_failed(&b, s, now);
			else if (s)
				balancer_answered(s);
			if (s && *c == 'h')
				atomic_fetch_add(&s->active, 1);
		}
		if (strcmp(got, rows[i].picks) != 0)
			fail_msg("%s: got %s, want %s", rows[i].what, got, rows[i].picks);
	}
}

static void unhealthy(void **state)
{
	(void)state;
	struct code_range codes[] = { { 500, 500 }, { 502, 504 } };
	struct codes c = { codes, COUNT(codes) };
	static const struct { unsigned status; bool is; } of[] = { { 200, false }, { 500, true }, { 501, false },
		                                                   { 503, true }, { 505, false } };
	for (size_t i = 0; i < COUNT(of); i++)
		assert_int_equal(codes_have(&c, of[i].status), of[i].is);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(picks), cmocka_unit_test(unhealthy) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
