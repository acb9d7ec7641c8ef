/* SPDX-License-Identifier: Apache-2.0 */
/* Zip archives of codec/zip.h: look at every entry, then unpack, then count again.
 * Nothing is unpacked before all names and declared sizes have passed.
 * Source: APPNOTE.TXT 6.3 §4; OWASP on zip slip and zip bombs. */
#define zip_file libzip_file /* its own struct of that tag, opaque, behind zip_file_t */
#include <zip.h>
#undef zip_file

#include <sys/stat.h>

#include "base/map.h"
#include "codec/zip.h"

struct reading {
	struct arena *arena;
	struct diag *diag;
	zip_t *zip;
	struct map seen;
	uint64_t total;
};

#define REFUSE(r, code, ...) diag_add((r)->diag, (code), 0, __VA_ARGS__)

static bool part_is_safe(str part)
{
	return part.n && !str_eq(part, S(".")) && !str_eq(part, S(".."));
}

static bool path_is_safe(str path)
{
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < 0x20 || path.p[i] == 0x7f || path.p[i] == '\\')
			return false;
	if (path.n == 0 || path.n > ZIP_PATH_MAX)
		return false;
	for (str rest = path; str_given(rest);)
		if (!part_is_safe(str_cut(&rest, '/')))
			return false;
	return true;
}

/* A link, a device or a pipe, by what Unix and macOS archivers note about an entry. */
static bool is_plain(struct reading *r, uint64_t i)
{
	zip_uint8_t system;
	zip_uint32_t attributes;
	if (zip_file_get_external_attributes(r->zip, i, 0, &system, &attributes) != 0)
		return false;
	mode_t mode = (mode_t)(attributes >> 16);
	bool unixy = system == ZIP_OPSYS_UNIX || system == ZIP_OPSYS_OS_X;
	return !unixy || (mode & S_IFMT) == 0 || S_ISREG(mode) || S_ISDIR(mode);
}

static err check_sizes(struct reading *r, str path, const zip_stat_t *st)
{
	if (st->size > ZIP_FILE_MAX)
		return REFUSE(r, ERR_LIMIT, "\"%.*s\" is larger than %d bytes", STR(path),
		              ZIP_FILE_MAX);
	if (st->size > ZIP_RATIO_FROM && st->size / ZIP_RATIO_MAX > st->comp_size)
		return REFUSE(r, ERR_LIMIT, "\"%.*s\" unpacks to more than %d times its size",
		              STR(path), ZIP_RATIO_MAX);
	r->total += st->size;
	if (r->total > ZIP_TOTAL_MAX)
		return REFUSE(r, ERR_LIMIT, "the archive unpacks to more than %d bytes",
		              ZIP_TOTAL_MAX);
	return DONE;
}

/* folder: it has passed and there is nothing to unpack */
static err check(struct reading *r, uint64_t i, struct zip_file *out, zip_stat_t *st, bool *folder)
{
	enum {
		NEEDED = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
		         ZIP_STAT_ENCRYPTION_METHOD
	};
	if (zip_stat_index(r->zip, i, 0, st) != 0 || (st->valid & NEEDED) != NEEDED)
		return REFUSE(r, ERR_SYNTAX, "entry %llu has no readable header",
		              (unsigned long long)i);
	str path = str_dup(r->arena, str_from_z(st->name));
	*folder = path.n && path.p[path.n - 1] == '/';
	if (*folder)
		path.n--;
	if (path.n > ZIP_PATH_MAX)
		return REFUSE(r, ERR_LIMIT, "a name of %zu bytes is too long: \"%.*s...\"", path.n,
		              60, path.p);
	if (!path_is_safe(path))
		return REFUSE(r, ERR_SYNTAX, "\"%.*s\" is not a safe relative path", STR(path));
	if (!is_plain(r, i))
		return REFUSE(r, ERR_SYNTAX, "\"%.*s\" is a link or a special file", STR(path));
	if (st->encryption_method != ZIP_EM_NONE)
		return REFUSE(r, ERR_SYNTAX, "\"%.*s\" is encrypted", STR(path));
	if (st->comp_method != ZIP_CM_STORE && st->comp_method != ZIP_CM_DEFLATE)
		return REFUSE(r, ERR_SYNTAX,
		              "\"%.*s\" is compressed by method %u; only deflate is read",
		              STR(path), st->comp_method);
	if (map_has(&r->seen, path) && !*folder)
		return REFUSE(r, ERR_SYNTAX, "\"%.*s\" is there twice", STR(path));
	if (!*folder)
		map_put(&r->seen, path, NULL);
	out->path = path;
	return check_sizes(r, path, st);
}

static err unpack(struct reading *r, uint64_t i, const zip_stat_t *st, struct zip_file *file)
{
	char *p = arena_alloc(r->arena, (size_t)st->size + 1, 1);
	uint64_t n = 0;
	zip_int64_t got = -1;
	zip_file_t *f = zip_fopen_index(r->zip, i, 0);
	/* one byte more than declared shows a lie, and the end checks the CRC */
	while (f && n <= st->size && (got = zip_fread(f, p + n, st->size + 1 - n)) > 0)
		n += (uint64_t)got;
	if (f)
		zip_fclose(f);
	if (n > st->size || (got == 0 && n != st->size))
		return REFUSE(r, ERR_SYNTAX, "\"%.*s\" is not as large as its header says",
		              STR(file->path));
	if (got != 0)
		return REFUSE(r, ERR_SYNTAX, "\"%.*s\" is damaged", STR(file->path));
	file->bytes = (str){ p, (size_t)n };
	return DONE;
}

static unsigned le(const unsigned char *p, int bytes)
{
	unsigned v = 0;
	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

/* libzip hands out names as C strings and would hide what follows a NUL, so the central directory
 * is walked for one here.  Where it cannot be followed, libzip has already refused it. */
static bool names_hold_nul(str archive)
{
	enum { END = 22, HEADER = 46 };
	const unsigned char *p = (const unsigned char *)archive.p;
	const char *end = NULL;
	for (size_t i = 0; i + END <= archive.n && i <= UINT16_MAX && !end; i++)
		if (memcmp(p + archive.n - END - i, "PK\5\6", 4) == 0)
			end = archive.p + archive.n - END - i;
	if (!end)
		return false;
	size_t at = le((const unsigned char *)end + 16, 4);
	while (at + HEADER <= archive.n && memcmp(p + at, "PK\1\2", 4) == 0) {
		size_t name = le(p + at + 28, 2);
		if (memchr(p + at + HEADER, 0,
		           name < archive.n - at - HEADER ? name : archive.n - at - HEADER))
			return true;
		at += HEADER + name + le(p + at + 30, 2) + le(p + at + 32, 2);
	}
	return false;
}

static err read_entries(struct reading *r, struct zip_files *out)
{
	zip_int64_t count = zip_get_num_entries(r->zip, 0);
	if (count > ZIP_ENTRIES_MAX)
		return REFUSE(r, ERR_LIMIT, "the archive has more than %d entries",
		              ZIP_ENTRIES_MAX);
	zip_stat_t *stats = arena_array(r->arena, zip_stat_t, (size_t)count + 1);
	for (zip_int64_t i = 0; i < count; i++) {
		struct zip_file file = { 0 };
		bool folder = false;
		TRY(check(r, (uint64_t)i, &file, &stats[out->n], &folder));
		stats[out->n].index = (uint64_t)i;
		if (!folder)
			VEC_PUSH(r->arena, out, file);
	}
	for (size_t i = 0; i < out->n; i++)
		TRY(unpack(r, stats[i].index, &stats[i], &out->v[i]));
	return DONE;
}

err zip_read(struct arena *a, str archive, struct diag *diag, struct zip_files *out)
{
	struct reading r = { .arena = a, .diag = diag, .seen = map_in(a) };
	zip_error_t error;
	*out = (struct zip_files){ 0 };
	if (archive.n > ZIP_TOTAL_MAX)
		return REFUSE(&r, ERR_LIMIT, "the archive is larger than %d bytes", ZIP_TOTAL_MAX);
	if (archive.n == 0) /* which libzip reads as an archive without entries */
		return REFUSE(&r, ERR_SYNTAX, "not a zip archive: it is empty");
	if (names_hold_nul(archive))
		return REFUSE(&r, ERR_SYNTAX, "the archive holds a name with a NUL in it");
	zip_error_init(&error);
	zip_source_t *source =
		zip_source_buffer_create(archive.n ? archive.p : "", archive.n, 0, &error);
	must(source);
	r.zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (!r.zip) {
		zip_source_free(source);
		err e = REFUSE(&r, ERR_SYNTAX, "not a zip archive: %s", zip_error_strerror(&error));
		zip_error_fini(&error);
		return e;
	}
	err e = read_entries(&r, out);
	zip_discard(r.zip);
	zip_error_fini(&error);
	return e;
}

static bool add(zip_t *zip, const struct zip_file *file, const char *name, mode_t mode)
{
	zip_source_t *bytes =
		zip_source_buffer(zip, file->bytes.n ? file->bytes.p : "", file->bytes.n, 0);
	zip_int64_t i = bytes ? zip_file_add(zip, name, bytes, ZIP_FL_ENC_UTF_8) : -1;
	if (i < 0) {
		zip_source_free(bytes);
		return false;
	}
	/* 1980-01-01 00:00, the zero of DOS time, needs no time zone */
	return zip_file_set_dostime(zip, (uint64_t)i, 0, 1 << 5 | 1, 0) == 0 &&
	       zip_set_file_compression(zip, (uint64_t)i, ZIP_CM_DEFLATE, 6) == 0 &&
	       zip_file_set_external_attributes(zip, (uint64_t)i, 0, ZIP_OPSYS_UNIX,
	                                        (zip_uint32_t)(S_IFREG | mode) << 16) == 0;
}

static err take(struct arena *a, zip_source_t *source, str *out)
{
	zip_stat_t st;
	if (zip_source_stat(source, &st) != 0 || zip_source_open(source) != 0)
		return FAIL(ERR_IO);
	char *p = arena_alloc(a, (size_t)st.size, 1);
	zip_int64_t n = zip_source_read(source, p, st.size);
	zip_source_close(source);
	if (n < 0 || (uint64_t)n != st.size)
		return FAIL(ERR_IO);
	*out = (str){ p, (size_t)n };
	return DONE;
}

/* libzip writes no archive without entries; this is the end record alone (APPNOTE §4.3.16). */
static str nothing(struct arena *a)
{
	char *p = arena_zalloc(a, 22, 1);
	p[0] = 'P', p[1] = 'K', p[2] = 5, p[3] = 6;
	return (str){ p, 22 };
}

static err write_all(struct arena *a, const struct zip_files *files, mode_t mode, str *out)
{
	zip_error_t error;
	if (files->n == 0) {
		*out = nothing(a);
		return DONE;
	}
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
	must(zip); /* in memory, it fails only without memory */
	zip_source_keep(source);
	err e = DONE;
	for (size_t i = 0; i < files->n && !e.code; i++) {
		bool safe = path_is_safe(files->v[i].path);
		if (!safe || !add(zip, &files->v[i], str_z(a, files->v[i].path), mode))
			e = FAIL(ERR_SYNTAX);
	}
	if (e.code || zip_close(zip) != 0) {
		zip_discard(zip);
		e = e.code ? e : FAIL(ERR_IO);
	} else {
		e = take(a, source, out);
	}
	zip_source_free(source);
	return e;
}

err zip_write(struct arena *a, const struct zip_files *files, str *out)
{
	return write_all(a, files, 0644, out);
}

err zip_write_programs(struct arena *a, const struct zip_files *files, str *out)
{
	return write_all(a, files, 0755, out);
}
