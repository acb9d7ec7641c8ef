/* SPDX-License-Identifier: Apache-2.0 */
/* `gatehouse serve`: the server from its options to its end.
 * Everything opened is closed again, also when the start fails half-way.
 * Source: house. */
#pragma once

#include "cli/verb.h"

extern const struct verb verb_serve;
