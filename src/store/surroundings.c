/* SPDX-License-Identifier: Apache-2.0 */
/* All of an environment that a bundle can name, at once.
 * Nothing of another environment is in it.
 * Source: store/surroundings.h. */
#include "store/surroundings.h"

#include "store/keystores.h"
#include "store/target_servers.h"

err surroundings_load(struct arena *a, struct store *st, str org, str env, struct surroundings *out)
{
	*out = (struct surroundings){ .environment = env };
	TRY(target_server_list(a, st, org, env, &out->target_servers));
	return keystores_load(a, st, org, env, &out->keystores);
}
