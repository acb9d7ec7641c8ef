/* SPDX-License-Identifier: Apache-2.0 */
/* The squares of a QR code as one path, a run of them at a time.
 * Every dark square is drawn once; the smallest version that holds the text is taken.
 * Source: sso/qr.h. */
#include "sso/qr.h"

#include <qrencode.h>

enum { QUIET = 4, DARK = 1 };

static void rows(struct buf *b, const QRcode *code)
{
	int n = code->width;
	for (int y = 0; y < n; y++)
		for (int x = 0, run; x < n; x += run) {
			const unsigned char *at = code->data + y * n + x;
			for (run = 1; x + run < n && (at[run] & DARK) == (at[0] & DARK);)
				run++;
			if (at[0] & DARK)
				buf_fmt(b, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
		}
}

err qr_svg(struct arena *a, str text, const char *label, str *svg)
{
	struct buf b = buf_in(a);
	QRcode *code =
		QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0, QR_ECLEVEL_M);
	if (!code)
		return FAIL(ERR_LIMIT);
	int side = code->width + 2 * QUIET;
	buf_fmt(&b,
	        "<svg class=\"qr\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" "
	        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path "
	        "fill=\"#000\" d=\"",
	        label, side, side, side, side);
	rows(&b, code);
	buf_add(&b, S("\"/></svg>"));
	QRcode_free(code);
	*svg = buf_str(&b);
	return DONE;
}
