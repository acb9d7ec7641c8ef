/* SPDX-License-Identifier: Apache-2.0 */
/* libpq, loaded when a store is PostgreSQL.
 * It comes with two dozen libraries (Kerberos, LDAP, another TLS), 4 MiB that a node with SQLite does without.
 * Source: dlopen(3); house (memory at the start). */
#pragma once

#include <libpq-fe.h>

#include "base/diag.h"

struct pg_lib {
#define PG(f) __typeof__(f) *f;
#include "store/pg_lib.def"
#undef PG
};
extern struct pg_lib pg; /* filled in by pg_load(), which the opening of a store calls */

err pg_load(struct diag *) MUST_CHECK;
