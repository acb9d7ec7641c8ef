/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies in which a certificate and its key come: PEM files, PKCS #12, JAR, or a wish for new ones.
 * What comes out has been read, fits, and has not expired; keys are wiped with the call's arena.
 * Source: Apigee Edge management API, keystores (aliases). */
#pragma once

#include "codec/certificate.h"
#include "management/api.h"
#include "model/keystore.h"

/* By ?format= into alias, cert_pem and key_pem; the answer to give when it does not fit, else NULL. */
struct message *alias_read(struct api *, struct keypair *);
/* certFile alone, or the body itself: replaces cert_pem and must fit key_pem, if there is one. */
struct message *alias_read_certificate(struct api *, struct keypair *);
/* As the API shows them: struct cert_info. */
struct list cert_infos(struct arena *, const struct certificates *);
void secret_in_arena(struct arena *, str text); /* wiped at its end */
