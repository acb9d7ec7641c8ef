/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of base/diag.h.
 * Past DIAG_MAX further findings are counted by nobody: the first ones are what helps.
 * Source: house. */
#include "base/diag.h"

void diag_note(struct diag *d, unsigned line, const char *fmt, ...)
{
	va_list ap;
	if (d && d->findings.n < DIAG_MAX) {
		va_start(ap, fmt);
		str text = str_vfmt(d->arena, fmt, ap);
		va_end(ap);
		struct finding f = { str_dup(d->arena, d->file), line, text };
		VEC_PUSH(d->arena, &d->findings, f);
	}
}

str diag_text(struct arena *a, const struct diag *d)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < d->findings.n; i++) {
		const struct finding *f = &d->findings.v[i];
		if (i)
			buf_char(&b, '\n');
		if (f->file.n)
			buf_fmt(&b, "%.*s:", STR(f->file));
		if (f->line)
			buf_fmt(&b, "%u:", f->line);
		if (b.n && b.p[b.n - 1] == ':')
			buf_char(&b, ' ');
		buf_add(&b, f->text);
	}
	return buf_str(&b);
}
