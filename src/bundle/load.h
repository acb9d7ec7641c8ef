/* SPDX-License-Identifier: Apache-2.0 */
/* All files of a bundle read and bound, each by itself; nothing is looked up across files.
 * Import stops here; deploy goes on in compile.c.
 * Source: Apigee, "API proxy configuration reference". */
#pragma once

#include "bundle/bundle.h"
#include "bundle/endpoints.h"

struct loaded_endpoint { /* of proxies/, targets/ or sharedflows/ */
	str file;
	union {
		struct proxy_endpoint_xml *proxy;
		struct target_endpoint_xml *target;
		struct shared_flow_xml *shared;
	};
};

struct loaded_policy {
	str file;
	unsigned line;
	struct step *step; /* its policy, configuration, name and attributes */
};

struct loaded {
	struct binder binder; /* what is bound lives in binder.arena */
	policy_finder find;
	VEC(struct loaded_endpoint) proxies, targets, shared;
	VEC(struct loaded_policy) policies;
	err worst;
};

struct binder bundle_binder(struct arena *, struct diag *);
/* Reads every file; scratch holds the XML trees.  Findings are in the diag, ->worst tells. */
void bundle_load(struct loaded *, struct arena *scratch, const struct zip_files *,
                 enum bundle_kind);
