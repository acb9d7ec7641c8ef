/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle finds around it, read for deploying.
 * Private keys in it are wiped with the arena.
 * Source: house. */
#pragma once

#include "model/surroundings.h"
#include "store/store.h"

err surroundings_load(struct arena *, struct store *, str org, str env,
                      struct surroundings *out) MUST_CHECK;
