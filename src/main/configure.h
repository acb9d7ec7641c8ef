/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of one start: defaults, then the file, then the command line.
 * Everything that can be seen to be wrong is a finding before anything is opened.
 * Source: house ("configuration"). */
#pragma once

#include "main/settings.h"

struct serve_options {
	str data, config;
	bool demo;
	struct strs set; /* KEY=VALUE */
};

err configure(struct arena *, const struct serve_options *, struct diag *,
              struct settings *) MUST_CHECK;
/* The text of a file alone: what would keep it from starting. */
err configuration_check(struct arena *, str text, struct diag *) MUST_CHECK;

struct dns_rules;
/* Where target hosts are, and what no target may be.  A finding names what is wrong. */
err settings_dns_rules(const struct settings *, str mocktarget, struct diag *,
                       struct dns_rules **) MUST_CHECK;

str settings_store_location(struct arena *, const struct settings *, str data);
str settings_access_log(struct arena *, const struct settings *, str data); /* STR_NONE: none */
