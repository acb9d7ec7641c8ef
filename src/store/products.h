/* SPDX-License-Identifier: Apache-2.0 */
/* API products of an organization.
 * A product that a key names cannot go.
 * Source: Apigee management API, apiproducts. */
#pragma once

#include "model/api_product.h"
#include "store/store.h"

err product_create(struct store *, str org, struct api_product *) MUST_CHECK; /* fills the dates */
err product_get(struct arena *, struct store *, str org, str name,
                struct api_product **out) MUST_CHECK;
err product_names(struct arena *, struct store *, str org, const struct page *,
                  struct strs *out) MUST_CHECK;
err product_list(struct arena *, struct store *, str org, const struct page *,
                 struct list *out) MUST_CHECK;
err product_change(struct arena *, struct store *, str org, str name, struct edit *,
                   struct api_product **out) MUST_CHECK;
err product_delete(struct arena *, struct store *, str org, str name,
                   struct api_product **was) MUST_CHECK;
/* Which keys name a product, and the ids of their apps: ?query=list&entity=keys */
struct product_page {
	str org, product;
	struct page page;
};
err product_keys(struct arena *, struct store *, const struct product_page *,
                 struct strs *keys) MUST_CHECK;
err product_apps(struct arena *, struct store *, const struct product_page *,
                 struct strs *app_ids) MUST_CHECK;
