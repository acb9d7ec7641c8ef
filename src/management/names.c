/* SPDX-License-Identifier: Apache-2.0 */
/* Which names the management API takes: a row a rule.
 * No name holds a control character: names stand in logs, headers and host names.
 * Source: Apigee Edge management API for proxies; house for the rest. */
#include "management/names.h"

#include <string.h>

static const struct rule {
	size_t min,
		max; /* bytes: no more than an index of PostgreSQL takes beside its other columns */
	const char *plain;   /* not NULL: letters, digits and these alone, and no '.' in front */
	const char *refused; /* else what a name does not hold, beside control characters */
	const char *code, *says;
} rules[] = {
	[NAME_OF_THING] = { 0, 255, NULL, "", "management.InvalidName",
	                    "at most 255 bytes, no control characters" },
	[NAME_OF_KEY] = { 1, 2048, NULL, "", "keymanagement.service.InvalidConsumerKey",
	                  "1 to 2048 bytes, no control characters" },
	[NAME_OF_SECRET] = { 1, 2048, NULL, "", "keymanagement.service.InvalidConsumerSecret",
	                     "1 to 2048 bytes, no control characters" },
	[NAME_IN_PATHS] = { 1, 255, NULL, " /?#%", "management.InvalidName",
	                    "1 to 255 characters, no space, '/', '?', '#' or '%'" },
	[NAME_IN_HOSTS] = { 1, 64, "-_", NULL, "management.InvalidName",
	                    "1 to 64 letters, digits, '-' and '_'" },
	[NAME_OF_HOST] = { 1, 253, "-._:[]", NULL, "management.InvalidRequest",
	                   "a name or an address, without scheme, port or path" },
	[NAME_OF_PROXY] = { 1, 255, "._-$%", NULL, "messaging.config.beans.InvalidName",
	                    "1 to 255 of letters, digits, '.', '_', '-', '$', '%'" },
};

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Also those of Unicode, U+0080 to U+009F. */
static bool is_control(str s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i];
	if (c == 0xc2 && i + 1 < s.n)
		return (unsigned char)s.p[i + 1] < 0xa0;
	return c < ' ' || c == 0x7f;
}

static bool fits(const struct rule *r, str s)
{
	if (s.n < r->min || s.n > r->max)
		return false;
	if (r->plain && s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (is_control(s, i))
			return false;
		if (r->plain ? !is_alphanumeric(s.p[i]) && !strchr(r->plain, s.p[i])
		             : strchr(r->refused, s.p[i]) != NULL)
			return false;
	}
	return true;
}

struct message *name_refused(struct api *q, enum name_rule rule, const char *field, str name)
{
	const struct rule *r = &rules[rule];
	return fits(r, name) ? NULL : answer_error(q, 400, r->code, "%s: %s", field, r->says);
}

struct message *names_refused(struct api *q, const struct named *v)
{
	struct message *bad = NULL;
	for (; v->field && !bad; v++)
		bad = name_refused(q, NAME_OF_THING, v->field, v->name);
	return bad;
}
