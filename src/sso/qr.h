/* SPDX-License-Identifier: Apache-2.0 */
/* A QR code as inline SVG: black on white whatever the colours of the page, with its quiet zone.
 * Nothing but our own markup is in it.
 * Source: ISO/IEC 18004 through libqrencode. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* label: what it is, for who does not see it; no characters of markup.  ERR_LIMIT: too long for a code. */
err qr_svg(struct arena *, str text, const char *label, str *svg) MUST_CHECK;
