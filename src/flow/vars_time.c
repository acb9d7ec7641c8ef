/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of time and of the machine.
 * A moment that has not come is -1 as a timestamp and empty as text.
 * Source: Apigee, "Flow variables reference": system, client.received, target.sent. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <time.h>
#include <unistd.h>

#include "base/rand.h"
#include "flow/var_row.h"

static struct value as_text(struct arena *arena, int64_t ms)
{
	return VALUE_STR(clock_format(arena, "%a, %d %b %Y %H:%M:%S GMT", ms));
}

static int64_t moment(const struct exchange *x, int which)
{
	switch (which) {
	case AT_CLIENT_RECEIVED_START:
		return x->call->received_start_ms;
	case AT_CLIENT_RECEIVED_END:
		return x->call->received_end_ms;
	case AT_CLIENT_SENT_START:
		return x->client_sent_start_ms;
	case AT_CLIENT_SENT_END:
		return x->client_sent_end_ms;
	case AT_TARGET_SENT_START:
		return x->target_sent_start_ms;
	case AT_TARGET_SENT_END:
		return x->target_sent_end_ms;
	case AT_TARGET_RECEIVED_START:
		return x->target_received_start_ms;
	case AT_TARGET_RECEIVED_END:
		return x->target_received_end_ms;
	default:
		return 0;
	}
}

struct value var_moment(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	int64_t ms = moment(x, v->row->arg % AS_TEXT);
	if (v->row->arg >= AS_TEXT)
		return ms ? as_text(x->arena, ms) : VALUE_STR(S(""));
	return VALUE_OF_INT(ms ? ms : -1);
}

struct value var_time(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	int64_t ms = clock_ms();
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	must(gmtime_r(&seconds, &tm));
	switch (v->row->arg) {
	case TIME_TEXT:
		return as_text(x->arena, ms);
	case TIME_STAMP:
		return VALUE_OF_INT(ms);
	case TIME_YEAR:
		return VALUE_OF_INT(tm.tm_year + 1900);
	case TIME_MONTH:
		return VALUE_OF_INT(tm.tm_mon + 1);
	case TIME_DAY:
		return VALUE_OF_INT(tm.tm_mday);
	case TIME_WEEKDAY:
		return VALUE_OF_INT(tm.tm_wday + 1); /* as java.util.Calendar: Sunday is 1 */
	case TIME_HOUR:
		return VALUE_OF_INT(tm.tm_hour);
	case TIME_MINUTE:
		return VALUE_OF_INT(tm.tm_min);
	case TIME_SECOND:
		return VALUE_OF_INT(tm.tm_sec);
	case TIME_MS:
		return VALUE_OF_INT(ms % 1000);
	default:
		return VALUE_STR(S("UTC"));
	}
}

struct value var_uuid(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)v, (void)m;
	return VALUE_STR(rand_uuid(x->arena));
}

static str address_text(struct arena *arena, const struct sockaddr *a)
{
	char text[INET6_ADDRSTRLEN];
	const void *bytes = a->sa_family == AF_INET
	                            ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
	                            : (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr;
	return inet_ntop(a->sa_family, bytes, text, sizeof text) ? str_dup(arena, str_from_z(text))
	                                                         : STR_NONE;
}

struct value var_interface(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	struct ifaddrs *all;
	str found = STR_NONE;
	if (getifaddrs(&all))
		return (struct value){ 0 };
	for (struct ifaddrs *i = all; i && !str_given(found); i = i->ifa_next)
		if (i->ifa_addr &&
		    (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
		    str_eq(str_from_z(i->ifa_name), v->arg))
			found = address_text(x->arena, i->ifa_addr);
	freeifaddrs(all);
	return str_given(found) ? VALUE_STR(found) : (struct value){ 0 };
}

struct value var_host_name(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)v, (void)m;
	char name[256] = "";
	if (gethostname(name, sizeof name - 1))
		return (struct value){ 0 };
	return VALUE_STR(str_dup(x->arena, str_from_z(name)));
}
