/* SPDX-License-Identifier: Apache-2.0 */
/* Counts characters by kind and says which counts are too small.
 * A special character is a sign of ASCII; letters beyond ASCII count in the length only.
 * Source: identity/password_policy.h. */
#include "identity/password_policy.h"

#include <time.h>

#include "codec/utf8.h"
#include "identity/password.h"

struct counts {
	int64_t upper, lower, digits, special;
};

static struct counts counted(str s)
{
	struct counts c = { 0 };
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		if (ch >= 'A' && ch <= 'Z')
			c.upper++;
		else if (ch >= 'a' && ch <= 'z')
			c.lower++;
		else if (ch >= '0' && ch <= '9')
			c.digits++;
		else if (ch > ' ' && ch < 0x7f)
			c.special++;
	}
	return c;
}

static void say(struct buf *b, bool wrong, const char *what, int64_t n, const char *unit)
{
	if (wrong)
		buf_fmt(b, "%sPassword must %s %lld %s.", b->n ? " " : "", what, (long long)n,
		        unit);
}

bool password_expired(const struct password_policy *p, int64_t set_at_ms, int64_t now_ms)
{
	struct tm at;
	time_t set_at_s = (time_t)(set_at_ms / 1000);
	if (!p->expire_months || !gmtime_r(&set_at_s, &at))
		return false;
	at.tm_mon += (int)p->expire_months;
	return now_ms / 1000 >= timegm(&at);
}

str password_policy_refusal(struct arena *a, const struct password_policy *p, str password)
{
	struct counts c = counted(password);
	struct buf b = buf_in(a);
	int64_t length = (int64_t)utf8_count(password), min = p->min_length < 1 ? 1 : p->min_length;
	static const char in_length[] = "characters in length", at_least[] = "contain at least";
	say(&b, length < min, "be at least", min, in_length);
	say(&b, length > p->max_length, "be no more than", p->max_length, in_length);
	say(&b, length <= p->max_length && password.n > PASSWORD_MAX, "be no more than",
	    PASSWORD_MAX, "bytes in length");
	say(&b, c.upper < p->upper, at_least, p->upper, "uppercase characters");
	say(&b, c.lower < p->lower, at_least, p->lower, "lowercase characters");
	say(&b, c.digits < p->digits, at_least, p->digits, "digit characters");
	say(&b, c.special < p->special, at_least, p->special, "special characters");
	return b.n ? buf_str(&b) : STR_NONE;
}
