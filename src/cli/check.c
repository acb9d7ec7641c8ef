/* SPDX-License-Identifier: Apache-2.0 */
/* `gatehouse check`: says what is wrong with a bundle or a configuration file, before anything runs.
 * Uses the very readers that serve and deploy use, so there is no second opinion.
 * Source: house. */
#include <stdio.h>
#include <sys/stat.h>

#include "bundle/bundle.h"
#include "cli/verb.h"

enum { FILE_MAX = 64 << 20 };

static err check_bundle(struct arena *a, const struct verb_env *env, const struct zip_files *files,
                        enum bundle_kind kind, struct diag *d)
{
	struct bundle_identity id = { S("check"), S("check"), S("check"), S("1"), NULL };
	struct proxy *proxy;
	TRY(bundle_check(a, files, kind, env->policy_find, d));
	TRY(bundle_compile(files, kind, &id, env->policy_find, d, &proxy));
	proxy_release(proxy);
	return DONE;
}

static err check_file(struct arena *a, const struct verb_env *env, str path, struct diag *d)
{
	str bytes;
	TRY(verb_read_file(a, path, FILE_MAX, d, &bytes));
	d->file = path;
	if (str_starts(bytes, S("PK"))) {
		struct zip_files files = { 0 };
		enum bundle_kind kind;
		TRY(bundle_unzip(a, bytes, d, &files, &kind));
		return check_bundle(a, env, &files, kind, d);
	}
	return env->config_check(a, bytes, d);
}

static err check_path(struct arena *a, const struct verb_env *env, str path, struct diag *d)
{
	struct stat st;
	if (stat(str_z(a, path), &st) || !S_ISDIR(st.st_mode))
		return check_file(a, env, path, d);
	struct zip_files files = { 0 };
	enum bundle_kind kind;
	TRY(bundle_folder(a, path, d, &files, &kind));
	return check_bundle(a, env, &files, kind, d);
}

static enum exit_code run(struct arena *a, const struct verb_env *env, const void *opts,
                          struct strs operands)
{
	struct diag d = { .arena = a };
	(void)opts;
	if (check_path(a, env, operands.v[0], &d).code)
		return verb_findings(&d);
	printf("%.*s: nothing to complain about\n", STR(operands.v[0]));
	return EXIT_OK;
}

const struct verb verb_check = {
	.name = "check",
	.operands = "FILE|BUNDLE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "Check a configuration file, a bundle's zip or a bundle's folder",
	.help = "Prints every finding as file:line: text, and ends with 1 when there is one.",
	.run = run,
};
