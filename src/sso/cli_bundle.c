/* SPDX-License-Identifier: Apache-2.0 */
/* GET /resources/scripts/sso-cli/ssocli-bundle.zip.
 * Immutable once made; two first requests make it twice and keep one.
 * Source: oauth2-service reference, 5.1; proc(5), /proc/self/exe. */
#include "sso/cli_bundle.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/embed.h"
#include "codec/digest.h"
#include "codec/zip.h"
#include "rt/fiber.h"
#include "sso/endpoints.h"

struct cli_bundle {
	struct arena *arena; /* its own: the bytes, once there are any */
	pthread_mutex_t lock;
	str zip, etag; /* guarded until given, then immutable */
};

struct cli_bundle *cli_bundle_create(void)
{
	struct arena *a = arena_create(0, 0);
	struct cli_bundle *b = arena_new(a, struct cli_bundle);
	b->arena = a;
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

void cli_bundle_destroy(struct cli_bundle **bundle)
{
	if (!*bundle)
		return;
	struct arena *a = (*bundle)->arena;
	pthread_mutex_destroy(&(*bundle)->lock);
	*bundle = NULL;
	arena_destroy(&a);
}

static void file_end(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* A file in the folder of the running program. */
static err beside_read(struct arena *a, const char *name, str *out)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	str program = str_from(self, n > 0 ? (size_t)n : 0);
	str folder = str_sub(program, 0, str_rfind_char(program, '/'));
	const char *path = str_z(a, str_fmt(a, "%.*s/%s", STR(folder), name));
	AUTO(file_end) FILE *f = fopen(path, "re");
	struct buf b = buf_in(a);
	size_t got;
	if (!f)
		return FAIL(ERR_NOT_FOUND);
	while ((got = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		if ((b.n += got) > ZIP_FILE_MAX)
			return FAIL(ERR_LIMIT);
	*out = buf_str(&b);
	return ferror(f) ? FAIL(ERR_IO) : DONE;
}

struct making {
	struct cli_bundle *bundle;
	err e;
};

static err make(struct arena *a, str *zip)
{
	static const char *const tools[] = { "get_token", "acurl" };
	struct zip_file files[3];
	struct zip_files all = { .v = files, .n = 3, .cap = 3 };
	for (size_t i = 0; i < 2; i++) {
		files[i] = (struct zip_file){ .path = str_from_z(tools[i]) };
		TRY(beside_read(a, tools[i], &files[i].bytes));
	}
	must(embedded_sso_cli[0].name);
	files[2] = (struct zip_file){ .path = str_from_z(embedded_sso_cli[0].name),
		                      .bytes = embedded_str(&embedded_sso_cli[0]) };
	return zip_write_programs(a, &all, zip);
}

static void work(void *arg)
{
	struct making *m = arg;
	struct cli_bundle *b = m->bundle;
	struct arena *a = arena_create(0, 0);
	str zip;
	m->e = make(a, &zip);
	if (!m->e.code) {
		unsigned char sum[32];
		sha256(zip, sum);
		str hex = str_hex(a, str_from(sum, 16));
		pthread_mutex_lock(&b->lock);
		if (!b->zip.n) {
			b->zip = str_dup(b->arena, zip);
			b->etag = str_fmt(b->arena, "\"%.*s\"", STR(hex));
		}
		pthread_mutex_unlock(&b->lock);
	}
	arena_destroy(&a);
}

err cli_bundle_get(struct cli_bundle *b, str *zip, str *etag)
{
	pthread_mutex_lock(&b->lock);
	bool made = b->zip.n > 0;
	pthread_mutex_unlock(&b->lock);
	struct making m = { b, DONE };
	if (!made)
		TRY(offload(LANE_CPU, work, &m));
	TRY(m.e);
	*zip = b->zip;
	*etag = b->etag;
	return DONE;
}

struct message *endpoint_cli_bundle(struct sso_call *q)
{
	str zip, etag;
	err e = cli_bundle_get(q->sso->cli_bundle, &zip, &etag);
	if (e.code == ERR_NOT_FOUND)
		return sso_error_about(q, SSO_NO_ENDPOINT, q->call->request->path);
	if (e.code)
		return sso_trouble(q, e);
	return sso_public(q, S("application/zip"), zip, etag);
}
