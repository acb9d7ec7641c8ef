/* SPDX-License-Identifier: Apache-2.0 */
/* What a revision consists of, read out of its files: policies, endpoints, resources, by their names.
 * A part's name is the name attribute of its root element, whatever its file is called.
 * Source: Apigee, "API proxy configuration reference" (bundle layout). */
#pragma once

#include "codec/xml.h"
#include "management/api.h"
#include "store/proxies.h"

enum part_kind {
	PART_POLICY,
	PART_PROXY,
	PART_TARGET,
	PART_SHARED_FLOW,
	PART_RESOURCE,
	PART_BASE,
	PART_OTHER
};

struct revision_part {
	enum part_kind kind;
	str name; /* of a resource: "lib/x.js" */
	str type; /* of a resource: "jsc" */
	str path, bytes;
	struct xml_node *xml; /* NULL: not XML, or not well-formed */
};

struct revision_parts {
	struct revision_part *v;
	size_t n, cap;
};

void parts_read(struct arena *, const struct zip_files *, struct revision_parts *out);
const struct revision_part *part_find(const struct revision_parts *, enum part_kind, str name);
struct strs part_names(struct arena *, const struct revision_parts *, enum part_kind);
/* Fills what the store leaves to us: base paths, names, resources, description. */
void parts_describe(struct arena *, const struct revision_parts *, struct revision *);
str part_folder(enum part_kind); /* "policies" */

/* The JSON forms of a policy or endpoint. */
str part_json(struct arena *, const struct revision_part *);
