/* SPDX-License-Identifier: Apache-2.0 */
/* Values of flow variables as text.
 * A string is handed on as it is; only numbers are written anew.
 * Source: Apigee, "Message templates"; java.lang.Double.toString. */
#include "lang/vars.h"

#include "codec/json.h"

str value_write(struct value v, char room[VALUE_ROOM])
{
	switch (v.kind) {
	case VALUE_NULL:
		break;
	case VALUE_STRING:
		return v.s;
	case VALUE_INT: {
		char *p = room;
		if (v.i < 0)
			*p++ = '-';
		p = str_put_u64(p, v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i);
		return str_from(room, (size_t)(p - room));
	}
	case VALUE_DOUBLE:
		return json_double_text(v.d, room);
	case VALUE_BOOL:
		return v.i ? S("true") : S("false");
	}
	return S("");
}

str value_text(struct arena *a, struct value v)
{
	char room[VALUE_ROOM];
	str s = value_write(v, room);
	return v.kind == VALUE_INT || v.kind == VALUE_DOUBLE ? str_dup(a, s) : s;
}
