/* SPDX-License-Identifier: Apache-2.0 */
/* An access token with the refresh token it was issued with, as both rest in the store.
 * The presented text is never kept: a key is (expiry hour, SHA-256 of the text).
 * Source: gateway reference, "token store model"; house ("token keys"). */
#pragma once

#include "model/noun.h"

/* 4 bytes: the hour since 1970 in which it expires, big-endian, all ones for never; 32: SHA-256. */
struct token_key {
	unsigned char bytes[36];
};
#define TOKEN_HOUR_NEVER 0xFFFFFFFFu

struct token {
	struct token_key key;
	str organization;
	str client_id, app_id, developer_id;
	str grant_type;         /* "client_credentials" */
	str scope;              /* space separated, "" for none */
	struct strs products;   /* names, as approved when it was issued */
	str end_user;           /* AppEndUser, STR_NONE if none */
	struct list attributes; /* struct attribute: custom ones, returned and set as variables */
	struct list hidden_attributes; /* display="false" */
	int status;                    /* enum approval: APPROVED or REVOKED */
	int64_t issued_at_ms;
	int64_t expires_at_ms; /* -1: never */

	bool has_refresh;
	struct token_key refresh_key;
	int refresh_status;
	int64_t refresh_issued_at_ms, refresh_expires_at_ms; /* -1: never */
	int64_t refresh_count; /* 0 at issue, one more with each refresh */
};

/* The hour for a key: of expires_at_ms, or TOKEN_HOUR_NEVER for -1. */
uint32_t token_hour(int64_t expires_at_ms);
struct token_key token_key_of(uint32_t hour, str presented);
