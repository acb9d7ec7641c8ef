/* SPDX-License-Identifier: Apache-2.0 */
/* MessageWeight, as Quota and SpikeArrest read it.
 * A reference without value weighs 1; what is no whole number from 0 to a thousand million is a fault.
 * Source: Apigee, "Quota policy", "SpikeArrest policy". */
#pragma once

#include "flow/exchange.h"

#define INVALID_MESSAGE_WEIGHT                                  \
	{                                                       \
		"policies.ratelimit.InvalidMessageWeight", 500, \
			"Invalid message weight value %.*s"     \
	}

static inline bool weight_read(struct exchange *x, const struct flowvar *ref, uint64_t *weight,
                               str *text)
{
	*weight = 1;
	*text = ref ? str_trim(vars_text(x, ref)) : STR_NONE;
	return !text->n || (str_to_u64(*text, weight) && *weight <= 1000000000);
}
