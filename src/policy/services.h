/* SPDX-License-Identifier: Apache-2.0 */
/* What policies may use of other rooms, made by main/ and the same for all exchanges.
 * A policy sees flow/ and these; never sockets, SQL or malloc.
 * Source: house. */
#pragma once

struct store;
struct token_service;
struct counters;
struct jwt_memory;

struct services {
	struct store *store;
	struct token_service *tokens; /* token/token.h */
	struct counters *counters;    /* policy/counters.h */
	struct jwt_memory *jwt;       /* policy/jwt_memory.h */
};
