/* SPDX-License-Identifier: Apache-2.0 */
/* libpq, loaded when a store is PostgreSQL.
 * It comes with two dozen libraries (Kerberos, LDAP, another TLS), 4 MiB that a node with SQLite does without.
 * Source: dlopen(3); house (memory at the start). */
#pragma once

#include <libpq-fe.h>

#include "base/diag.h"

#define PG_FUNCTIONS(X)                                                                            \
	X(PQclear)                                                                                 \
	X(PQcmdStatus)                                                                             \
	X(PQcmdTuples)                                                                             \
	X(PQconnectdbParams)                                                                       \
	X(PQconsumeInput)                                                                          \
	X(PQerrorMessage) X(PQfinish) X(PQflush) X(PQfreemem) X(PQftype) X(PQgetResult)            \
		X(PQgetisnull) X(PQgetlength) X(PQgetvalue) X(PQisBusy) X(PQnfields) X(PQnotifies) \
			X(PQntuples) X(PQresultErrorField) X(PQresultStatus) X(PQsendPrepare)      \
				X(PQsendQuery) X(PQsendQueryPrepared) X(PQsetNoticeProcessor)      \
					X(PQsetnonblocking) X(PQsocket) X(PQstatus)

struct pg_lib {
#define X(f) __typeof__(f) *f;
	PG_FUNCTIONS(X)
#undef X
};
extern struct pg_lib pg; /* filled in by pg_load(), which the opening of a store calls */

err pg_load(struct diag *) MUST_CHECK;
