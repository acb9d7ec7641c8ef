/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments by the options table, help from the same table, and how a verb speaks.
 * What is for a program goes to stdout, what is for a person about trouble to stderr.
 * Source: GNU's conventions for --long and --long=VALUE. */
#include "cli/verb.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void help_row(const char *left, const char *right) { printf("  %-30s %s\n", left, right); }

static void verb_help(const struct verb *v)
{
	printf("Usage: gatehouse %s%s%s%s\n\n%s\n", v->name, v->options ? " [OPTION]..." : "",
	       v->operands[0] ? " " : "", v->operands, v->summary);
	if (v->help)
		printf("\n%s\n", v->help);
	printf("\nOptions:\n");
	for (const struct field *f = v->options; f && f->type; f++) {
		char left[64];
		const char *tab = strchr(f->doc, '\t');
		int value = (int)(tab - f->doc);
		snprintf(left, sizeof left, "--%s%s%.*s", f->path, value ? " " : "", value, f->doc);
		help_row(left, tab + 1);
	}
	help_row("--help", "Show this and stop");
}

void verbs_help(const struct verb *const *verbs, size_t n)
{
	printf("Usage: gatehouse VERB [OPTION]... [OPERAND]...\n\n"
	       "An API gateway and OAuth 2.0 server that runs Apigee Edge proxy bundles "
	       "unchanged.\n\nVerbs:\n");
	for (size_t i = 0; i < n; i++)
		help_row(verbs[i]->name, verbs[i]->summary);
	printf("\n");
	help_row("--version", "Show the version and stop");
	help_row("--help", "Show this and stop; `gatehouse VERB --help` tells more");
}

static const struct field *option_row(const struct field *options, str name)
{
	for (const struct field *f = options; f && f->type; f++)
		if (str_eq(name, str_from_z(f->path)))
			return f;
	return NULL;
}

static void option_put(struct arena *a, const struct field *f, str value, void *options)
{
	void *at = (char *)options + f->offset;
	if (f->type == T_BOOL) {
		*(bool *)at = true;
	} else if (f->type == T_STR) {
		*(str *)at = value;
	} else {
		must(f->type == T_STRS);
		struct strs *all = at;
		str *v = arena_array(a, str, all->n + 1);
		if (all->n)
			memcpy(v, all->v, all->n * sizeof *v);
		v[all->n] = value;
		*all = (struct strs){ v, all->n + 1 };
	}
}

/* A command line on its way into options and operands. */
struct arguments {
	struct arena *arena;
	const struct verb *verb;
	int argc, at;
	char **argv;
	void *options;
	struct strs operands;
	struct diag diag;
};

/* The value of an option: behind '=', or the next argument. */
static err value_take(struct arguments *g, const struct field *f, str *value)
{
	if (f->type == T_BOOL)
		return str_given(*value)
		               ? diag_add(&g->diag, ERR_SYNTAX, 0, "%s: --%s takes no value",
		                          g->verb->name, f->path)
		               : DONE;
	if (str_given(*value))
		return DONE;
	if (g->at + 1 >= g->argc)
		return diag_add(&g->diag, ERR_SYNTAX, 0, "%s: --%s needs a value", g->verb->name,
		                f->path);
	*value = str_from_z(g->argv[++g->at]);
	return DONE;
}

static err option_take(struct arguments *g)
{
	str name = str_sub(str_from_z(g->argv[g->at]), 2, STR_NPOS), value = STR_NONE;
	size_t eq = str_find_char(name, '=');
	if (eq != STR_NPOS) {
		value = str_sub(name, eq + 1, STR_NPOS);
		name = str_sub(name, 0, eq);
	}
	const struct field *f = option_row(g->verb->options, name);
	if (!f)
		return diag_add(&g->diag, ERR_SYNTAX, 0, "%s: unknown option --%.*s", g->verb->name,
		                STR(name));
	TRY(value_take(g, f, &value));
	option_put(g->arena, f, value, g->options);
	return DONE;
}

static err arguments_take(struct arguments *g)
{
	const struct verb *v = g->verb;
	bool only_operands = false;
	for (const struct field *f = v->options; f && f->type; f++)
		if (f->dflt)
			option_put(g->arena, f, str_from_z(f->dflt), g->options);
	g->operands.v = arena_array(g->arena, str, g->argc + 1);
	for (; g->at < g->argc; g->at++) {
		const char *one = g->argv[g->at];
		if (!only_operands && strcmp(one, "--") == 0)
			only_operands = true;
		else if (!only_operands && strncmp(one, "--", 2) == 0)
			TRY(option_take(g));
		else
			g->operands.v[g->operands.n++] = str_from_z(one);
	}
	if (g->operands.n < v->min_operands || g->operands.n > v->max_operands)
		return diag_add(&g->diag, ERR_SYNTAX, 0, "usage: gatehouse %s [OPTION]... %s",
		                v->name, v->operands);
	return DONE;
}

enum exit_code verb_main(const struct verb *v, const struct verb_env *env, int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0) {
			verb_help(v);
			return EXIT_OK;
		}
	struct arena *a = arena_create(0, 0);
	struct arguments g = { .arena = a, .verb = v, .argc = argc, .argv = argv, .diag.arena = a };
	g.options = arena_zalloc(a, v->options_size + 1, _Alignof(max_align_t));
	enum exit_code code = EXIT_USAGE;
	if (arguments_take(&g).code)
		verb_findings(&g.diag);
	else
		code = v->run(a, env, g.options, g.operands);
	arena_destroy(&a);
	return code;
}

enum exit_code verb_failed(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("gatehouse: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return EXIT_FAILED;
}

enum exit_code verb_findings(const struct diag *d)
{
	for (str rest = diag_text(d->arena, d); str_given(rest);) {
		str line = str_cut(&rest, '\n');
		verb_failed("%.*s", STR(line));
	}
	return EXIT_FAILED;
}

static void file_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

err verb_read_file(struct arena *a, str path, size_t max, struct diag *d, str *out)
{
	AUTO(file_close) FILE *f = fopen(str_z(a, path), "re");
	if (!f)
		return diag_add(d, ERR_IO, 0, "cannot open %.*s: %s", STR(path), strerror(errno));
	struct buf b = buf_in(a);
	size_t got;
	while ((got = fread(buf_room(&b, 65536), 1, 65536, f)) > 0) {
		b.n += got;
		if (b.n > max)
			return diag_add(d, ERR_LIMIT, 0, "%.*s is larger than %zu bytes", STR(path),
			                max);
	}
	if (ferror(f))
		return diag_add(d, ERR_IO, 0, "cannot read %.*s: %s", STR(path), strerror(errno));
	*out = buf_str(&b);
	return DONE;
}

int verb_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* A terminal that is closed ends what was started in it; a service has none, and who sends it SIGHUP
	 * means "read your files again": never an end without draining. */
	if (isatty(STDIN_FILENO))
		sigaddset(&set, SIGHUP);
	else
		signal(SIGHUP, SIG_IGN);
	must(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	must(fd >= 0);
	return fd;
}
