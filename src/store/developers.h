/* SPDX-License-Identifier: Apache-2.0 */
/* Developers of an organization.
 * `who` is an id or an e-mail address; addresses compare in lower case.
 * Source: Apigee management API, developers. */
#pragma once

#include "model/developer.h"
#include "store/store.h"

/* Fills developer_id (if absent), organization_name and the dates.  ERR_CONFLICT: the address is taken. */
err developer_create(struct arena *, struct store *, str org, struct developer *) MUST_CHECK;
err developer_get(struct arena *, struct store *, str org, str who,
                  struct developer **out) MUST_CHECK;
err developer_emails(struct arena *, struct store *, str org, const struct page *,
                     struct strs *out) MUST_CHECK;
err developer_list(struct arena *, struct store *, str org, const struct page *,
                   struct list *out) MUST_CHECK;
err developer_change(struct arena *, struct store *, str org, str who, struct edit *,
                     struct developer **out) MUST_CHECK;
/* With its apps and keys, as Apigee does. */
err developer_delete(struct arena *, struct store *, str org, str who,
                     struct developer **was) MUST_CHECK;
