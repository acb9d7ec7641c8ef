/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a server's answers by pattern instead of parsing them.
 * A space at a colon is no match: servers that please the shell tools please us, and no others.
 * Source: oauth2-service reference, section 0 (facts 1 to 3) and 5.5. */
#include "cli/access_inside.h"
#include "codec/base64.h"

/* What follows the first "key": of the text. */
static str behind(str json, str key)
{
	for (str rest = json;;) {
		size_t at = str_find(rest, key);
		if (at == STR_NPOS)
			return STR_NONE;
		str after = str_sub(rest, at + key.n, STR_NPOS);
		if (at && rest.p[at - 1] == '"' && str_starts(after, S("\":")))
			return str_sub(after, 2, STR_NPOS);
		rest = after;
	}
}

str access_text(str json, str key)
{
	str after = behind(json, key);
	size_t end = str_starts(after, S("\"")) ? str_find_char(str_sub(after, 1, STR_NPOS), '"')
	                                        : STR_NPOS;
	return end == STR_NPOS ? STR_NONE : str_sub(after, 1, end + 1);
}

bool access_number(str json, str key, int64_t *out)
{
	str after = behind(json, key);
	size_t n = 0;
	while (n < after.n && after.p[n] >= '0' && after.p[n] <= '9')
		n++;
	return n && str_to_i64(str_sub(after, 0, n), out);
}

str access_claims(struct arena *a, str token)
{
	str rest = token, claims;
	str_cut(&rest, '.');
	if (!str_given(rest))
		return STR_NONE;
	str payload = str_cut(&rest, '.');
	if (!str_given(rest) || base64url_read(a, payload, &claims).code)
		return STR_NONE;
	return claims;
}

bool access_is_fine(str answer) { return str_starts(answer, S("HTTP/1.1 200")); }

str access_prompts(str answer)
{
	static const str start = S_INIT("\"prompts\":{"), end = S_INIT("},\"timestamp\"");
	size_t at = access_is_fine(answer) ? str_find(answer, start) : STR_NPOS;
	if (at == STR_NPOS)
		return STR_NONE;
	str rest = str_sub(answer, at + start.n, STR_NPOS);
	return str_sub(rest, 0, str_find(rest, end));
}
