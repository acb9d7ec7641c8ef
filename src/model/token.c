/* SPDX-License-Identifier: Apache-2.0 */
/* The key under which a token rests.
 * Keys sort by the hour of expiry, so that what is over stands together.
 * Source: house (docs/why/token_keys.md). */
#include "model/token.h"

#include "codec/digest.h"

uint32_t token_hour(int64_t expires_at_ms)
{
	int64_t hour = expires_at_ms / 3600000;
	return expires_at_ms < 0 || hour >= TOKEN_HOUR_NEVER ? TOKEN_HOUR_NEVER : (uint32_t)hour;
}

struct token_key token_key_of(uint32_t hour, str presented)
{
	struct token_key k;
	for (int i = 0; i < 4; i++)
		k.bytes[i] = (unsigned char)(hour >> (24 - 8 * i));
	sha256(presented, k.bytes + 4);
	return k;
}
