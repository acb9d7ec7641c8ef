/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle finds around it: the things of its environment that it can name.
 * Read once for all that is compiled there; the private keys in it are wiped with its arena.
 * Source: house. */
#pragma once

#include "model/keystore.h"
#include "model/target_server.h"

struct surroundings {
	str environment;
	struct list target_servers; /* struct target_server */
	struct keystores keystores;
};
