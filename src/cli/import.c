/* SPDX-License-Identifier: Apache-2.0 */
/* `gatehouse import`: brings a bundle into an organization through the management API.
 * A folder is zipped on the way; the server decides what is wrong with it.
 * Source: Apigee, "Import an API proxy". */
#include <stdio.h>
#include <sys/stat.h>

#include "bundle/bundle.h"
#include "cli/api.h"
#include "codec/form.h"
#include "codec/json.h"

struct import_options {
	struct api_options api;
	bool validate;
};

static const struct field options[] = {
	API_OPTIONS(import_options),
	FIELD(import_options, validate, "validate", T_BOOL,
	      .doc = "\tRefuse what would not deploy"),
	FIELDS_END,
};

enum { BUNDLE_MAX = 64 << 20 };

static err load(struct arena *a, str path, struct diag *d, str *zip, enum bundle_kind *kind)
{
	struct stat st;
	struct zip_files files = { 0 };
	if (!stat(str_z(a, path), &st) && S_ISDIR(st.st_mode)) {
		TRY(bundle_folder(a, path, d, &files, kind));
		return zip_write(a, &files, zip);
	}
	TRY(verb_read_file(a, path, BUNDLE_MAX, d, zip));
	d->file = path;
	TRY(bundle_unzip(a, *zip, d, &files, kind));
	d->file = STR_NONE;
	return DONE;
}

static err import(struct arena *a, const struct import_options *o, str name, str path,
                  struct diag *d)
{
	struct api_call c = { .api = &o->api,
		              .verb = S("POST"),
		              .content_type = S("application/octet-stream") };
	enum bundle_kind kind;
	json_t *tree;
	TRY(load(a, path, d, &c.body, &kind));
	c.path = str_fmt(a, "/%s?action=import&name=%.*s%s",
	                 kind == BUNDLE_PROXY ? "apis" : "sharedflows",
	                 STR(percent_encode(a, name)), o->validate ? "&validate=true" : "");
	TRY(api_run(a, &c, d));
	TRY(json_read(a, c.answer, d, &tree));
	str revision = json_member_str(tree, "revision");
	printf("%.*s revision %.*s\n", STR(name), STR(revision));
	return DONE;
}

static enum exit_code run(struct arena *a, const struct verb_env *env, const void *opts,
                          struct strs operands)
{
	struct diag d = { .arena = a };
	(void)env;
	return import(a, opts, operands.v[0], operands.v[1], &d).code ? verb_findings(&d) : EXIT_OK;
}

const struct verb verb_import = {
	.name = "import",
	.operands = "NAME BUNDLE",
	.min_operands = 2,
	.max_operands = 2,
	.summary = "Import a bundle (zip or folder) as the next revision of NAME",
	.options = options,
	.options_size = sizeof(struct import_options),
	.run = run,
};
