/* SPDX-License-Identifier: Apache-2.0 */
/* ~/.sso-cli: a folder a server, a file a user, for nobody else's eyes (0700, 0600).
 * A file is whole or not there: it is written beside its place and moved there.
 * Source: oauth2-service reference, 5.4; names are base64, and a '/' in them makes folders, as ever. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/access_inside.h"
#include "codec/base64.h"

enum { FILE_BYTES_MAX = 1 << 21, DEPTH_MAX = 32 };

static void fd_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static void dir_end(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

str access_root(struct access *x) { return str_fmt(x->arena, "%.*s/.sso-cli", STR(x->home)); }

/* Every folder from the root's end on; the root itself is closed to others. */
static err folders_make(struct access *x, str path, size_t from)
{
	for (size_t i = from; i <= path.n; i++) {
		if (i < path.n && path.p[i] != '/')
			continue;
		const char *one = str_z(x->arena, str_sub(path, 0, i));
		if (mkdir(one, 0700) && errno != EEXIST) {
			access_warn(x, "cannot make %s: %s", one, strerror(errno));
			return FAIL(ERR_IO);
		}
	}
	return DONE;
}

err access_folder_open(struct access *x)
{
	str root = access_root(x);
	x->folder = str_fmt(x->arena, "%.*s/%.*s", STR(root), STR(base64_write(x->arena, x->url)));
	if (!str_given(x->home) || !x->home.n) {
		access_warn(x, "HOME is not set, so there is no place for %s", "~/.sso-cli");
		return FAIL(ERR_IO);
	}
	TRY(folders_make(x, x->folder, root.n));
	const char *both[] = { str_z(x->arena, root), str_z(x->arena, x->folder) };
	for (int i = 0; i < 2; i++) {
		if (chmod(both[i], 0700) == 0 && access(both[i], W_OK | X_OK) == 0)
			continue;
		access_warn(x, "cannot use the folder %s: %s", both[i], strerror(errno));
		return FAIL(ERR_IO);
	}
	return DONE;
}

static const char *path_of(struct access *x, str name)
{
	return str_z(x->arena, str_fmt(x->arena, "%.*s/%.*s", STR(x->folder), STR(name)));
}

static str file_read(struct access *x, const char *path)
{
	AUTO(fd_end) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	struct buf b = buf_in(x->arena);
	ssize_t got = 0;
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return STR_NONE;
	while (b.n <= FILE_BYTES_MAX && (got = read(fd, buf_room(&b, 65536), 65536)) > 0)
		b.n += (size_t)got;
	return got || !b.n || b.n > FILE_BYTES_MAX ? STR_NONE : buf_str(&b);
}

str access_cached(struct access *x, const char *name)
{
	return file_read(x, path_of(x, str_from_z(name)));
}

static err replace(struct access *x, const char *path, str bytes)
{
	str beside =
		str_fmt(x->arena, "%s.server.XXXXXX", path); /* listed by no version of the tool */
	char *name = (char *)str_z(x->arena, beside);
	AUTO(fd_end) int fd = mkostemp(name, O_CLOEXEC); /* 0600 */
	if (fd >= 0 && file_write(fd, bytes) && rename(name, path) == 0)
		return DONE;
	access_warn(x, "cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		unlink(name);
	return FAIL(ERR_IO);
}

err access_keep(struct access *x, str name, str bytes)
{
	size_t slash = str_rfind_char(name, '/');
	if (slash != STR_NPOS) {
		str folder = str_fmt(x->arena, "%.*s/%.*s", STR(x->folder), (int)slash, name.p);
		TRY(folders_make(x, folder, x->folder.n));
	}
	return replace(x, path_of(x, name), bytes);
}

err access_valid_write(struct access *x)
{
	str path = str_fmt(x->arena, "%.*s/valid_token.dat", STR(access_root(x)));
	return replace(x, str_z(x->arena, path), x->token);
}

str access_token_name(struct arena *a, str user)
{
	return base64_write(a, str_fmt(a, "%.*s-token.dat", STR(user)));
}

/* The user whose token the file holds; STR_NONE: it is something else. */
static str user_of(struct access *x, const char *name)
{
	static const str tail = S_INIT("-token.dat");
	str text;
	if (strstr(name, "server.") || base64_read(x->arena, str_from_z(name), &text).code)
		return STR_NONE;
	return str_ends(text, tail) ? str_sub(text, 0, text.n - tail.n) : STR_NONE;
}

struct names access_users(struct access *x)
{
	AUTO(dir_end) DIR *dir = opendir(str_z(x->arena, x->folder));
	struct names names = { 0 };
	for (struct dirent *e; dir && (e = readdir(dir));) {
		str user = user_of(x, e->d_name);
		if (str_given(user) && user.n)
			VEC_PUSH(x->arena, &names.all, user);
	}
	return names;
}

/* Follows no link; what cannot go is said and stays. */
static void empty_at(struct access *x, int at, const char *path, int depth)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
	AUTO(dir_end) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		bool gone = unlinkat(fd, e->d_name, 0) == 0;
		if (!gone && (errno == EISDIR || errno == EPERM) && depth < DEPTH_MAX) {
			empty_at(x, fd, e->d_name, depth + 1);
			gone = unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0;
		}
		if (gone)
			access_say(x, "removed %s", e->d_name);
		else
			access_warn(x, "cannot remove %s: %s", e->d_name, strerror(errno));
	}
}

void access_clear(struct access *x, str folder)
{
	empty_at(x, AT_FDCWD, str_z(x->arena, folder), 0);
}
