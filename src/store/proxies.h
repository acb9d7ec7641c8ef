/* SPDX-License-Identifier: Apache-2.0 */
/* API proxies and shared flows, their revisions, and a revision's files one by one.
 * A revision's number is the greatest there is plus one, however many arrive at once; files keep the order
 * in which they came and every byte.
 * Source: Apigee management API, apis, sharedflows; clients upload a revision in pieces. */
#pragma once

#include "codec/zip.h"
#include "model/api_proxy.h"
#include "store/store.h"

struct api_key {
	str org;
	enum api_kind kind;
	str name;
};

err api_names(struct arena *, struct store *, str org, enum api_kind, struct strs *out) MUST_CHECK;
err api_get(struct arena *, struct store *, const struct api_key *,
            struct api_proxy **out) MUST_CHECK;
/* ERR_CONFLICT: a revision is deployed. */
err api_delete(struct arena *, struct store *, const struct api_key *,
               struct api_proxy **was) MUST_CHECK;

/* A new revision with its files; the proxy comes into being with its first.  Fills rev->number, revision,
 * name, type and dates; takes description, display_name, version, created_by. */
err revision_create(struct arena *, struct store *, const struct api_key *, struct revision *,
                    const struct zip_files *) MUST_CHECK;
err revision_get(struct arena *, struct store *, const struct api_key *, int64_t number,
                 struct revision **out) MUST_CHECK;
/* ERR_CONFLICT: it is deployed.  The proxy stays, also without revisions. */
err revision_delete(struct arena *, struct store *, const struct api_key *, int64_t number,
                    struct revision **was) MUST_CHECK;

err revision_files(struct arena *, struct store *, const struct api_key *, int64_t number,
                   struct zip_files *out) MUST_CHECK;
err revision_file(struct arena *, struct store *, const struct api_key *, int64_t number, str path,
                  str *bytes) MUST_CHECK;

/* FILE_CREATE: ERR_CONFLICT if the path is there; FILE_REPLACE: ERR_NOT_FOUND if it is not. */
enum file_put { FILE_CREATE, FILE_REPLACE, FILE_PUT };
struct file_change {
	str path, bytes;
	enum file_put how;
	str by;
};
err revision_file_put(struct store *, const struct api_key *, int64_t number,
                      const struct file_change *) MUST_CHECK;
err revision_file_delete(struct store *, const struct api_key *, int64_t number, str path,
                         str by) MUST_CHECK;
