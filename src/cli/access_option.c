/* SPDX-License-Identifier: Apache-2.0 */
/* What the person wants: the options and the environment that get_token and acurl share.
 * A password is taken out of the argument list as soon as it is read: others can list that.
 * Source: oauth2-service reference, 5.2 and 5.3. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/access_inside.h"

#define EDGECLI "ZWRnZWNsaTplZGdlY2xpc2VjcmV0" /* edgecli:edgeclisecret, known to everybody */

void access_environment(struct access *x)
{
	const char *client = getenv("CLIENT_AUTH");
	x->url = str_from_z(getenv("SSO_LOGIN_URL"));
	x->client_auth = client && *client ? str_from_z(client) : S(EDGECLI);
	x->home = str_from_z(getenv("HOME"));
	x->test = str_from_z(getenv("GET_TOKEN_TEST"));
}

/* Copies the text and leaves nothing of it in the argument. */
static struct secret *taken(struct access *x, char *argument)
{
	struct secret *s = secret_new(x->arena, str_from_z(argument));
	wipe(argument, strlen(argument));
	return s;
}

/* USER, or USER:PASSWORD: the first colon parts them. */
static void user_take(struct access *x, char *argument)
{
	char *colon = strchr(argument, ':');
	size_t n = colon ? (size_t)(colon - argument) : strlen(argument);
	x->user = str_dup(x->arena, str_from(argument, n));
	x->password = colon ? taken(x, colon + 1) : NULL;
	if (!x->user.n)
		x->user = STR_NONE;
}

static void value_take(struct access *x, char option, char *value)
{
	switch (option) {
	case 'u':
		user_take(x, value);
		break;
	case 'm':
		x->mfa = str_dup(x->arena, str_from_z(value));
		wipe(value, strlen(value));
		break;
	default:
		x->passcode = taken(x, value);
	}
}

static bool flag_take(struct access *x, const char *argument)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "-v", &x->verbose },
		{ "--force-basic-auth", &x->basic },
		{ "--insecure", &x->insecure },
		{ "--write-valid-token", &x->valid_file },
	};
	static const struct {
		const char *name;
		int task;
	} tasks[] = {
		{ "--print-sso-cache", ACCESS_PRINT },
		{ "--clear-sso-cache", ACCESS_CLEAR },
		{ "--clear-all-sso-cache", ACCESS_CLEAR_ALL },
	};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(argument, flags[i].name) == 0)
			return *flags[i].flag = true;
	for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
		if (strcmp(argument, tasks[i].name) == 0) {
			if (tasks[i].task > (int)x->task) /* --clear-all acts first */
				x->task = tasks[i].task;
			return true;
		}
	return false;
}

int access_option(struct access *x, int argc, char **argv)
{
	const char *one = argv[0];
	if (flag_take(x, one))
		return 1;
	if (one[0] != '-' || !one[1] || one[2] || !strchr("ump", one[1]))
		return 0;
	x->mfa_answered |= one[1] == 'm';
	x->passcode_flow |= one[1] == 'p';
	if (argc < 2 || argv[1][0] == '-')
		return 1;
	value_take(x, one[1], argv[1]);
	return 2;
}

/* ---- what is said ---- */
__attribute__((format(printf, 3, 0))) static void say(const struct access *x, const char *color,
                                                      const char *fmt, va_list ap)
{
	char text[4096];
	int n = vsnprintf(text, sizeof text, fmt, ap);
	bool red = color[0] && isatty(STDERR_FILENO) && !getenv("NO_COLOR");
	for (int i = 0; i < n && text[i]; i++) /* a server's text moves no cursor */
		if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t')
			text[i] = '?';
	fprintf(stderr, "%s%s: %s%s\n", red ? color : "", x->program, text, red ? "\033[0m" : "");
}

void access_say(const struct access *x, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(x, "", fmt, ap);
	va_end(ap);
}

void access_warn(const struct access *x, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(x, "\033[31m", fmt, ap);
	va_end(ap);
}

void access_note(const struct access *x, const char *fmt, ...)
{
	va_list ap;
	if (!x->verbose)
		return;
	va_start(ap, fmt);
	say(x, "", fmt, ap);
	va_end(ap);
}
