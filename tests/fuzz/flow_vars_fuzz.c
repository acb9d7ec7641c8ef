/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables with any name over any request: nothing breaks, what is set is read back, what goes out
 * on a wire stays one line.  Three lines of input: a name, a value, a query; the rest is a form.
 * Source: flow/vars.h. */
#include <stdint.h>

#include "flow/exchange.h"

static str line(str *rest)
{
	str one = str_cut(rest, '\n');
	return str_given(one) ? one : S("");
}

static bool one_line(str s)
{
	return str_find_char(s, '\n') == STR_NPOS && str_find_char(s, '\r') == STR_NPOS;
}

static void check_wire(const struct message *m)
{
	must(one_line(m->verb) && one_line(m->path) && one_line(m->query));
	for (size_t i = 0; i < m->headers.n; i++)
		must(header_name_ok(m->headers.v[i].name) && header_value_ok(m->headers.v[i].value));
}

/* Names whose value is read back as it was written. */
static bool reads_back(str name)
{
	static const str families[] = { S_INIT("request.queryparam."), S_INIT("request.formparam.") };
	for (size_t i = 0; i < 2; i++)
		if (str_starts(name, families[i])) {
			str last = str_sub(name, str_rfind_char(name, '.') + 1, STR_NPOS);
			uint64_t n;
			return !str_to_u64(last, &n); /* the nth of fewer is appended */
		}
	return str_starts(name, S("custom."));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str rest = str_from(data, size);
	str name = line(&rest), value = line(&rest), query = line(&rest);
	struct http_call call = { .arena = a, .request = message_request(a, S("POST"), S("/a/b")) };
	struct exchange x = { .arena = a, .call = &call, .request = call.request, .deadline = NEVER, .request_path = S("/a/b") };
	struct target_endpoint target = { .ep.name = S("t") };
	x.target = &target;
	headers_add(a, &call.request->headers, S("X-A"), S("1, 2,,3"));
	message_set_content(a, call.request, str_given(rest) ? rest : S(""), S("application/x-www-form-urlencoded"));
	if (one_line(query))
		call.request->query = query;
	struct flowvar *v = flowvar_bind(a, name);
	vars_get(&x, v);
	err e = vars_set(&x, v, VALUE_STR(value));
	str got = vars_text(&x, v);
	if (!e.code && reads_back(name))
		must(str_eq(got, value));
	check_wire(call.request);
	(void)vars_set_named(&x, name, (struct value){ 0 }).code;
	must(vars_get_named(&x, name).kind == vars_get(&x, v).kind);
	check_wire(call.request);
	arena_destroy(&a);
	return 0;
}
