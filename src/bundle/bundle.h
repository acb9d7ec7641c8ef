/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: from a zip, a folder or stored files to the compiled form, with findings by file and line.
 * Two strengths of checking: bundle_read() for import (well-formed, only known elements and values),
 * bundle_compile() for deploy (everything resolves).
 * Source: Apigee, "API proxy configuration reference". */
#pragma once

#include "base/diag.h"
#include "codec/zip.h"
#include "flow/proxy.h"

enum bundle_kind { BUNDLE_PROXY, BUNDLE_SHARED_FLOW };

typedef const struct policy *(*policy_finder)(str element); /* NULL: unknown */

/* Takes a zip apart: strips a leading folder, drops __MACOSX and AppleDouble files, finds the kind.
 * Paths come out as "apiproxy/policies/X.xml". */
err bundle_unzip(struct arena *, str zip, struct diag *, struct zip_files *out,
                 enum bundle_kind *) MUST_CHECK;

/* The same from a folder on disk that holds apiproxy/ or sharedflowbundle/, or is one of them. */
err bundle_folder(struct arena *, str path, struct diag *, struct zip_files *out,
                  enum bundle_kind *) MUST_CHECK;

/* Every file is well-formed and holds only known elements; what refers elsewhere is not looked up. */
err bundle_check(struct arena *, const struct zip_files *, enum bundle_kind, policy_finder,
                 struct diag *) MUST_CHECK;

/* The compiled form, in an arena of its own that proxy_release() frees. */
struct bundle_identity {
	str organization, environment, name, revision;
	/* of the environment; NULL: what the bundle names of it is not looked up */
	const struct surroundings *around;
};
err bundle_compile(const struct zip_files *, enum bundle_kind, const struct bundle_identity *,
                   policy_finder, struct diag *, struct proxy **out) MUST_CHECK;
