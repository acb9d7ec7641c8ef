/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores, the certificates and keys in them, references, and who uses what of an environment.
 * Private keys rest sealed; a keystore or reference that a virtual host, a target server, a reference or a
 * deployed bundle names is not deleted (ERR_CONFLICT), an alias in it is.
 * Source: Apigee management API, keystores, references. */
#pragma once

#include "model/keystore.h"
#include "store/organizations.h"

/* A key names organization, environment and keystore, as of a virtual host. */
err keystore_create(struct store *, const struct vhost_key *) MUST_CHECK; /* ERR_CONFLICT */
err keystore_get(struct arena *, struct store *, const struct vhost_key *,
                 struct keystore **out) MUST_CHECK;
err keystore_names(struct arena *, struct store *, str org, str env, struct strs *names) MUST_CHECK;
err keystore_delete(struct arena *, struct store *, const struct vhost_key *,
                    struct keystore **was) MUST_CHECK;

/* put makes the keystore too, and replaces; create: ERR_CONFLICT; replace: ERR_NOT_FOUND.  An absent
 * key: a certificate alone. */
err keypair_put(struct store *, str org, str env, const struct keypair *) MUST_CHECK;
err keypair_create(struct store *, str org, str env, const struct keypair *) MUST_CHECK;
err keypair_replace(struct store *, str org, str env, const struct keypair *) MUST_CHECK;
err keypair_get(struct arena *, struct store *, const struct vhost_key *keystore, str alias,
                struct keypair **out) MUST_CHECK;
err keypair_delete(struct store *, const struct vhost_key *keystore, str alias) MUST_CHECK;
/* All of an environment, by keystore and alias: struct keypair.  The keys are wiped with the arena. */
err keypair_list(struct arena *, struct store *, str org, str env, struct list *out) MUST_CHECK;

/* All that an sSLInfo can name in the environment. */
err keystores_load(struct arena *, struct store *, str org, str env,
                   struct keystores *out) MUST_CHECK;
/* What a virtual host presents and asks for.  ERR_SYNTAX with a finding; keys are wiped with the arena. */
struct tls_terms;
err virtual_host_terms(struct arena *, struct store *, const struct vhost_key *,
                       const struct ssl_info *, struct diag *, struct tls_terms *out) MUST_CHECK;

/* ERR_SYNTAX: there is no such keystore to refer to. */
err reference_create(struct store *, const struct vhost_key *, const struct reference *) MUST_CHECK;
err reference_change(struct store *, const struct vhost_key *, const struct reference *) MUST_CHECK;
err reference_get(struct arena *, struct store *, const struct vhost_key *,
                  struct reference **out) MUST_CHECK;
err reference_list(struct arena *, struct store *, str org, str env, struct list *out) MUST_CHECK;
err reference_delete(struct arena *, struct store *, const struct vhost_key *,
                     struct reference **was) MUST_CHECK;
