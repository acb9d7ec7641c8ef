/* SPDX-License-Identifier: Apache-2.0 */
/* A client's connection from its first byte: HTTP/1, unless the handshake or the first bytes say HTTP/2.
 * Of this room only.
 * Source: RFC 9112 §9.3; RFC 9113 §3. */
#pragma once

#include "http/conn.h"

void h1_conn_begin(void *conn); /* on its own loop */
