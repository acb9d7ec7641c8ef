/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of all virtual hosts that speak TLS, as one context: SNI picks.
 * Which terms hold goes by the host aliases; they are labelled as the gateway knows the virtual host.
 * Source: Apigee, "About virtual hosts": SSLInfo. */
#pragma once

#include "base/diag.h"

struct store;
struct tls_context;

#define KEYSTORE_OWN S("gatehouse")
#define ALIAS_SELF_SIGNED S("self-signed")

/* Of PEM files.  No names: *out stays NULL; a finding says which file is wrong. */
err certificate_of_files(struct arena *, str certificate, str key, struct diag *,
                         struct tls_context **out) MUST_CHECK;

/* *out stays NULL when no virtual host speaks TLS. */
err certificates_load(struct arena *, struct store *, struct tls_context **out,
                      bool *self_signed) MUST_CHECK;
