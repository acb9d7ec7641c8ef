/* SPDX-License-Identifier: Apache-2.0 */
/* The clients that every zone starts with.
 * Made once: what a person changes or deletes stays so.
 * Source: the service's document (edgecli); oauth2-service reference, 1.8, 2.3. */
#pragma once

#include "store/store.h"

err sso_seed(struct store *, str zone) MUST_CHECK;
