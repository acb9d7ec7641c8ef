/* SPDX-License-Identifier: Apache-2.0 */
/* Reads by splitting, and writes again what it read: only the one text of a value comes through.
 * Every number and length is between the bounds of its row.
 * Source: identity/phc.h. */
#include "identity/phc.h"

#include "codec/base64.h"

/* Without padding, in the alphabet of RFC 4648 §4. */
static str bare(struct arena *a, str bytes)
{
	str s = base64_write(a, bytes);
	while (s.n && s.p[s.n - 1] == '=')
		s.n--;
	return s;
}

static err read_bare(struct arena *a, str text, size_t least, size_t most, str *out)
{
	TRY(base64_read(a, str_fmt(a, "%.*s%.*s", STR(text), (int)((4 - text.n % 4) % 4), "==="),
	                out));
	return out->n < least || out->n > most ? FAIL(ERR_SYNTAX) : DONE;
}

static err read_number(str item, str name, uint64_t most, uint64_t *out)
{
	if (!str_starts(item, name) || !str_to_u64(str_sub(item, name.n, STR_NPOS), out))
		return FAIL(ERR_SYNTAX);
	return *out < 1 || *out > most ? FAIL(ERR_SYNTAX) : DONE;
}

str phc_write(struct arena *a, const struct phc *p)
{
	return str_fmt(a, "$argon2id$v=19$m=%llu,t=%llu,p=%llu$%.*s$%.*s",
	               (unsigned long long)p->memory_kib, (unsigned long long)p->passes,
	               (unsigned long long)p->lanes, STR(bare(a, p->salt)), STR(bare(a, p->hash)));
}

err phc_read(struct arena *a, str text, struct phc *p)
{
	enum {
		HEAD = 3,
		TEXT_MAX = 256,
		MEMORY_MAX_KIB = 1 << 20,
		PASSES_MAX = 64,
		LANES_MAX = 16
	};
	str rest = text, costs;
	if (text.n > TEXT_MAX)
		return FAIL(ERR_SYNTAX);
	for (int i = 0; i < HEAD; i++)
		str_cut(&rest, '$');
	costs = str_cut(&rest, '$');
	TRY(read_number(str_cut(&costs, ','), S("m="), MEMORY_MAX_KIB, &p->memory_kib));
	TRY(read_number(str_cut(&costs, ','), S("t="), PASSES_MAX, &p->passes));
	TRY(read_number(costs, S("p="), LANES_MAX, &p->lanes));
	TRY(read_bare(a, str_cut(&rest, '$'), 8, PHC_SALT_MAX, &p->salt));
	TRY(read_bare(a, rest, 16, PHC_HASH_MAX, &p->hash));
	if (p->memory_kib < 8 * p->lanes) /* RFC 9106 §3.1 */
		return FAIL(ERR_SYNTAX);
	return str_eq(phc_write(a, p), text) ? DONE : FAIL(ERR_SYNTAX);
}
