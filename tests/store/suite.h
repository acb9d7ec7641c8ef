/* SPDX-License-Identifier: Apache-2.0 */
/* What every conformance test starts from: a fresh store on the driver that tests/store/run chose, two
 * organizations that look alike, and a few short words.
 * A test leaves the store as another test can use it: names are its own.
 * Source: tests/store/run. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rt/fiber.h"
#include "store/apps.h"
#include "store/audit.h"
#include "store/cache.h"
#include "store/deployments.h"
#include "store/developers.h"
#include "store/feed.h"
#include "store/organizations.h"
#include "store/products.h"
#include "store/tokens.h"
#include "store/users.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ACME S("acme")
#define OTHER \
	S("other") /* the stranger: it has an environment of the same name, and nothing else */

extern struct store *store;
extern struct arena *a;

#define GOOD(call) assert_int_equal((call).code, ERR_NONE)
#define ANSWERS(error, call) assert_int_equal((call).code, (error))
#define SAME(left, right) assert_str(left, right, __FILE__, __LINE__)

static inline void assert_str(str left, str right, const char *file, int line)
{
	if (str_eq(left, right))
		return;
	print_error("\"%.*s\" is not \"%.*s\"\n", STR(left), STR(right));
	_fail(file, line);
}

struct store_options suite_options(void);
int suite_start(void **state); /* group set-up: opens, makes the organizations */
int suite_end(void **state);
int suite_reset(void **state); /* test tear-down: the arena */
void suite_reopen(void);

/* n threads run fn(arg, i) at once; returns when all have ended. */
void at_once(int n, void (*fn)(void *arg, int i), void *arg);
/* The same with n fibers of one loop.  fn asserts nothing: it notes what it saw. */
void in_fibers(int n, void (*fn)(void *arg, int i), void *arg);

void rest_ms(int ms); /* on a plain thread */

/* Things to hang other things on. */
struct developer *make_developer(str email);
struct api_product *make_product(str name, int approval_type);
struct app *make_app(struct developer *, str name, str product); /* STR_NONE: without products */
struct zip_files files_of(int n, const char *const pairs[][2]);
