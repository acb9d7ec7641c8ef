/* SPDX-License-Identifier: Apache-2.0 */
/* XML in, by libxml2 without entities, DTDs or network; XML out, by a writer of our own.
 * A document is a read-only tree of our own nodes, so nobody above meets libxml2.
 * Source: XML 1.0 (5th ed.); OWASP on XXE and entity expansion. */
#pragma once

#include "base/diag.h"

struct xml_attr {
	str name, value;
	struct xml_attr *next;
};

struct xml_node { /* an element */
	str name; /* with its prefix: "soap:Body" */
	str text; /* its own text and CDATA, joined, untrimmed */
	str markup; /* with child elements: all between its tags as it was written, in UTF-8; else STR_NONE */
	unsigned line;
	struct xml_attr *attrs;
	struct xml_node *parent, *first, *next;
};

enum {
	XML_DEPTH_MAX = 100,
	XML_BYTES_MAX = 4 << 20,
	XML_NODES_MAX = 200000,
	XML_ATTRIBUTES_MAX = 256 /* of one element */
};

/* Refuses a DOCTYPE, and more than the limits.  Findings carry the line.  Reads UTF-8 (with or
 * without BOM), UTF-16 and ISO-8859-1 by their declaration. */
err xml_read(struct arena *, str text, struct diag *, struct xml_node **root) MUST_CHECK;
const struct xml_node *xml_child(const struct xml_node *, str name); /* the first, or NULL */
str xml_attr(const struct xml_node *, str name);                     /* STR_NONE if absent */

str xml_escape(struct arena *, str s); /* & < > " ' */
