/* SPDX-License-Identifier: Apache-2.0 */
/* The zip of get_token, acurl and their installer that the service hands out.
 * Made of the programs beside the running one at the first request, then kept.
 * Source: oauth2-service reference, 5.1. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct cli_bundle;

struct cli_bundle *cli_bundle_create(void);
void cli_bundle_destroy(struct cli_bundle **);
/* What is answered lives as long as the bundle.  ERR_NOT_FOUND: the programs do not lie beside this one. */
err cli_bundle_get(struct cli_bundle *, str *zip, str *etag) MUST_CHECK;
