/* SPDX-License-Identifier: Apache-2.0 */
/* The properties request.retain.headers, response.retain.headers and retain.queryparams.
 * The lists matter only where everything else is switched off; what frames a message is not theirs.
 * Source: Apigee, "Endpoint properties reference". */
#include "flow/run.h"

#include "codec/form.h"

bool name_listed(const struct strs *names, str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_ieq(names->v[i], name))
			return true;
	return false;
}

struct headers retain_headers(struct arena *arena, const struct headers *from,
                              const struct retained *r)
{
	if (!r->off)
		return *from;
	struct headers kept = { 0 };
	for (size_t i = 0; i < from->n; i++)
		if (name_listed(&r->names, from->v[i].name))
			headers_add(arena, &kept, from->v[i].name, from->v[i].value);
	return kept;
}

str retain_query(struct arena *arena, str query, const struct retained *r)
{
	if (!r->off || !str_given(query))
		return query;
	struct buf kept = buf_in(arena);
	for (str rest = query; str_given(rest);) {
		str one = str_cut(&rest, '&'), after = one;
		str name = percent_decode(arena, str_cut(&after, '='), true);
		bool keeps = false;
		for (size_t i = 0; i < r->names.n; i++)
			keeps |= str_eq(r->names.v[i], name);
		if (keeps)
			buf_fmt(&kept, "%s%.*s", kept.n ? "&" : "", STR(one));
	}
	return kept.n ? buf_str(&kept) : STR_NONE;
}
