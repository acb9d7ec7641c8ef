/* SPDX-License-Identifier: Apache-2.0 */
/* From an archive or a folder to the files of a bundle, under "apiproxy/" or "sharedflowbundle/".
 * What a desktop adds (a leading folder, __MACOSX, AppleDouble) is dropped; the rest keeps its bytes.
 * Source: Apigee, "API proxy configuration reference"; what public bundles look like. */
#include "bundle/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_DEPTH_MAX = 12 };

static const str roots[] = {
	[BUNDLE_PROXY] = S_INIT("apiproxy/"),
	[BUNDLE_SHARED_FLOW] = S_INIT("sharedflowbundle/"),
};

static bool is_desktop_litter(str path)
{
	size_t slash = str_rfind_char(path, '/');
	str base = slash == STR_NPOS ? path : str_sub(path, slash + 1, STR_NPOS);
	return str_starts(path, S("__MACOSX/")) || str_has(path, S("/__MACOSX/")) ||
	       str_starts(base, S("._")) || str_eq(base, S(".DS_Store")) ||
	       str_ieq(base, S("Thumbs.db"));
}

/* Where the part "apiproxy/" starts in a path, at the front or after one of its slashes. */
static size_t root_at(str path, str root)
{
	for (size_t from = 0; from < path.n;) {
		str rest = str_sub(path, from, STR_NPOS);
		if (str_starts(rest, root))
			return from;
		size_t slash = str_find_char(rest, '/');
		if (slash == STR_NPOS)
			break;
		from += slash + 1;
	}
	return STR_NPOS;
}

struct found_root {
	bool found;
	str leading; /* "my-proxy-1.2/" or "" */
	enum bundle_kind kind;
};

/* The root with the shortest way to it; a deeper second one is no part of the bundle. */
static struct found_root find_root(const struct zip_files *all)
{
	struct found_root best = { 0 };
	VEC_EACH(struct zip_file, f, all) {
		for (int k = BUNDLE_PROXY; k <= BUNDLE_SHARED_FLOW; k++) {
			size_t at =
				is_desktop_litter(f->path) ? STR_NPOS : root_at(f->path, roots[k]);
			if (at == STR_NPOS || (best.found && at >= best.leading.n))
				continue;
			best = (struct found_root){ true, str_sub(f->path, 0, at),
				                    (enum bundle_kind)k };
		}
	}
	return best;
}

static err refuse_mixture(const struct zip_files *all, const struct found_root *root,
                          struct diag *diag)
{
	str other = roots[root->kind == BUNDLE_PROXY ? BUNDLE_SHARED_FLOW : BUNDLE_PROXY];
	VEC_EACH(struct zip_file, f, all) {
		if (str_starts(f->path, root->leading) &&
		    str_starts(str_sub(f->path, root->leading.n, STR_NPOS), other))
			return diag_add(diag, ERR_SYNTAX, 0,
			                "holds apiproxy/ and sharedflowbundle/ side by side; one "
			                "bundle holds one of them");
	}
	return DONE;
}

static err take_root(struct arena *arena, const struct zip_files *all, struct diag *diag,
                     struct zip_files *out, enum bundle_kind *kind)
{
	struct found_root root = find_root(all);
	if (!root.found)
		return diag_add(diag, ERR_SYNTAX, 0,
		                "no folder apiproxy/ (or sharedflowbundle/) in it; a bundle keeps "
		                "its files there");
	TRY(refuse_mixture(all, &root, diag));
	*kind = root.kind;
	*out = (struct zip_files){ 0 };
	VEC_EACH(struct zip_file, f, all) {
		if (is_desktop_litter(f->path) || !str_starts(f->path, root.leading))
			continue;
		str path = str_sub(f->path, root.leading.n, STR_NPOS);
		if (str_starts(path, roots[root.kind]))
			VEC_PUSH(arena, out, (struct zip_file){ path, f->bytes });
	}
	return DONE;
}

err bundle_unzip(struct arena *arena, str zip, struct diag *diag, struct zip_files *out,
                 enum bundle_kind *kind)
{
	struct zip_files all = { 0 };
	TRY(zip_read(arena, zip, diag, &all));
	return take_root(arena, &all, diag, out, kind);
}

struct folder {
	struct arena *arena;
	struct diag *diag;
	struct zip_files files;
	size_t total;
	str outer; /* "apiproxy" when the folder given is that one, else "" */
};

static err trouble_at(struct folder *f, str path)
{
	return diag_add(f->diag, ERR_IO, 0, "%.*s: %s", STR(path), strerror(errno));
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static err read_whole(struct folder *f, int fd, str path, str *out)
{
	struct buf b = buf_in(f->arena);
	for (;;) {
		ssize_t n = read(fd, buf_room(&b, 65536), 65536);
		if (n < 0)
			return trouble_at(f, path);
		if (n == 0)
			break;
		b.n += (size_t)n;
		if (b.n > ZIP_FILE_MAX || f->total + b.n > ZIP_TOTAL_MAX)
			return diag_add(f->diag, ERR_LIMIT, 0, "%.*s: too big for a bundle",
			                STR(path));
	}
	f->total += b.n;
	*out = buf_str(&b);
	return DONE;
}

static err read_folder(struct folder *f, int parent, const char *name, str path, unsigned depth);

static err read_entry(struct folder *f, int dir, const char *name, str path, unsigned depth)
{
	AUTO(close_fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return trouble_at(f, path);
	if (S_ISDIR(st.st_mode))
		return read_folder(f, dir, name, path, depth + 1);
	if (!S_ISREG(st.st_mode) || is_desktop_litter(path))
		return DONE;
	if (f->files.n >= ZIP_ENTRIES_MAX || path.n > ZIP_PATH_MAX)
		return diag_add(f->diag, ERR_LIMIT, 0, "%.*s: too many files or too long a path",
		                STR(path));
	str bytes;
	TRY(read_whole(f, fd, path, &bytes));
	VEC_PUSH(f->arena, &f->files, (struct zip_file){ path, bytes });
	return DONE;
}

static err read_folder(struct folder *f, int parent, const char *name, str path, unsigned depth)
{
	if (depth > FOLDER_DEPTH_MAX)
		return diag_add(f->diag, ERR_LIMIT, 0, "%.*s: folders too deep for a bundle",
		                STR(path));
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(close_dir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return trouble_at(f, path);
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		str below = str_fmt(f->arena, "%.*s%s%s", STR(path), path.n ? "/" : "", e->d_name);
		TRY(read_entry(f, dirfd(d), e->d_name, below, depth));
	}
	return DONE;
}

/* Which of the bundle's own folders a path may start in, when the path given is apiproxy/ itself. */
static str root_of_folder(struct arena *arena, const char *path)
{
	char whole[PATH_MAX];
	str name = str_dup(arena, str_from_z(realpath(path, whole) ? whole : path));
	name = str_sub(name,
	               str_rfind_char(name, '/') == STR_NPOS ? 0 : str_rfind_char(name, '/') + 1,
	               STR_NPOS);
	for (int k = BUNDLE_PROXY; k <= BUNDLE_SHARED_FLOW; k++)
		if (str_eq(str_fmt(arena, "%.*s/", STR(name)), roots[k]))
			return name;
	return S("");
}

static int by_path(const void *a, const void *b)
{
	return str_cmp(((const struct zip_file *)a)->path, ((const struct zip_file *)b)->path);
}

err bundle_folder(struct arena *arena, str path, struct diag *diag, struct zip_files *out,
                  enum bundle_kind *kind)
{
	struct folder f = { .arena = arena, .diag = diag };
	const char *z = str_z(arena, path);
	f.outer = root_of_folder(arena, z);
	TRY(read_folder(&f, AT_FDCWD, z, f.outer, 0));
	if (f.files.n)
		qsort(f.files.v, f.files.n, sizeof *f.files.v, by_path);
	return take_root(arena, &f.files, diag, out, kind);
}
