/* SPDX-License-Identifier: Apache-2.0 */
/* Apps and their credentials.
 * A consumer key is unique in its organization; a secret is stored encrypted, with a MAC to check it by.
 * Source: Apigee management API, apps, app keys. */
#pragma once

#include "model/app.h"
#include "store/store.h"

/* Makes app_id, dates, defaults, and one credential (32 and 16 letters and digits) for
 * app->api_products, unless app->credentials brings some; all are in *app afterwards, api_products is emptied.
 * A product with manual approval starts as PENDING.  ERR_CONFLICT: the name is taken under the developer,
 * or a brought key in the organization.  ERR_NOT_FOUND: *missing is the product's name; absent: the developer. */
err app_create(struct arena *, struct store *, str org, str developer, struct app *,
               str *missing) MUST_CHECK;
err app_get(struct arena *, struct store *, str org, str app_id, struct app **out) MUST_CHECK;
err app_named(struct arena *, struct store *, str org, str developer, str name,
              struct app **out) MUST_CHECK;
err app_by_key(struct arena *, struct store *, str org, str key, struct app **out) MUST_CHECK;
err app_ids(struct arena *, struct store *, str org, const struct page *,
            struct strs *out) MUST_CHECK;
err app_list(struct arena *, struct store *, str org, const struct page *,
             struct list *out) MUST_CHECK; /* by id */
err app_names_of(struct arena *, struct store *, str org, str developer,
                 struct strs *out) MUST_CHECK;
err app_list_of(struct arena *, struct store *, str org, str developer,
                struct list *out) MUST_CHECK; /* by name */
/* The edit sees a struct app; what it does to credentials has no effect. */
err app_change(struct arena *, struct store *, str org, str app_id, struct edit *,
               struct app **out) MUST_CHECK;
err app_delete(struct arena *, struct store *, str org, str app_id, struct app **was) MUST_CHECK;

/* Adds a key to an app.  An absent key or secret is made; issued_at is set; expires_at_ms 0 means -1.
 * Products are those of cred->api_products, their status by the product's approval type.
 * ERR_CONFLICT: the key is taken.  ERR_NOT_FOUND: *missing is the product; absent: the app. */
err credential_create(struct arena *, struct store *, str org, str app_id, struct credential *,
                      str *missing) MUST_CHECK;
/* The edit sees a struct credential: products added or removed, statuses, attributes, scopes.  An added
 * product with manual approval becomes PENDING, others APPROVED.  Key, secret and issued_at do not change. */
err credential_change(struct arena *, struct store *, str org, str key, struct edit *,
                      struct credential **out) MUST_CHECK;
err credential_delete(struct arena *, struct store *, str org, str key,
                      struct credential **was) MUST_CHECK;
