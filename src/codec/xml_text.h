/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before the parser: a document in any of the encodings that are read becomes UTF-8.
 * What comes out holds no BOM and no NUL; whether it is valid UTF-8 the parser says.
 * Source: XML 1.0 (5th ed.) §4.3.3 and appendix F. */
#pragma once

#include "base/diag.h"

/* ERR_LIMIT over XML_BYTES_MAX, before and after, and over XML_ATTRIBUTES_MAX in a tag.  The result lives in
 * the arena. */
err xml_text(struct arena *, str bytes, struct diag *, str *out) MUST_CHECK;

/* To be called before anything else of libxml2, on every way into it; any thread, any time. */
void xml_library_ready(void);
