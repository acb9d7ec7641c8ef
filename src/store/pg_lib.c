/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of libpq by their names.
 * It stays loaded: nothing may call into a library that is gone.
 * Source: store/pg_lib.h. */
#include "store/pg_lib.h"

#include <dlfcn.h>

struct pg_lib pg;

static err missing(struct diag *diag)
{
	return diag_add(diag, ERR_STORE, 0,
	                "the store is PostgreSQL, and its client library cannot be loaded: %s",
	                dlerror());
}

err pg_load(struct diag *diag)
{
	void *lib = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return missing(diag);
#define PG(f)                                    \
	if (!(*(void **)&pg.f = dlsym(lib, #f))) \
		return missing(diag);
#include "store/pg_lib.def"
#undef PG
	return DONE;
}
