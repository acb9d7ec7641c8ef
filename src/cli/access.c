/* SPDX-License-Identifier: Apache-2.0 */
/* From what is wanted to a token: a kept one while it lives, a refreshed one, a new one.
 * The steps and their exit codes are the shell tool's, in its order.
 * Source: oauth2-service reference, 5.5 and 5.6. */
#include "cli/access.h"

#include <string.h>

#include "base/clock.h"
#include "cli/access_inside.h"

enum { LIFE_S = 3 }; /* what dies sooner is refreshed */

/* An answer of GET, kept for ever once it was good. */
static str server_says(struct access *x, const char *path, const char *name, bool (*good)(str))
{
	str kept = access_cached(x, name);
	if (str_given(kept) && good(kept))
		return kept;
	struct access_answer r = access_call(x, str_from_z(path), STR_NONE);
	if (!r.status || !good(r.whole)) {
		access_warn(x, "Failure to communicate with SSO server %.*s%s%s%s", STR(x->url),
		            path, r.why ? ": " : "", r.why ? r.why : "");
		return STR_NONE;
	}
	if (access_keep(x, str_from_z(name), r.whole).code) /* said; the answer is as good */
		access_note(x, "%s is asked for again next time", name);
	return r.whole;
}

static bool has_prompts(str answer) { return str_given(access_prompts(answer)); }

static enum access_code server_learn(struct access *x)
{
	str login = server_says(x, "/login", "server.login", has_prompts);
	if (!str_given(login))
		return ACCESS_NO_SERVER;
	if (str_has(access_prompts(login), S("passcode")) && !x->basic)
		x->passcode_flow = true;
	access_note(x, "asks for %s", x->passcode_flow ? "a passcode" : "a name and a password");
	str version = server_says(x, "/version", "server.version", access_is_fine);
	if (!str_given(version))
		return ACCESS_NO_SERVER;
	str newest = access_text(version, S("cliVersion"));
	if (str_given(newest) && str_cmp(newest, S(ACCESS_VERSION)) > 0)
		access_warn(x,
		            "version %.*s is out, this is %s; get it from "
		            "%.*s/resources/scripts/sso-cli/ssocli-bundle.zip",
		            STR(newest), ACCESS_VERSION, STR(x->url));
	return ACCESS_DONE;
}

/* ---- a kept token ---- */
static enum access_code user_choose(struct access *x)
{
	struct names kept = access_users(x);
	access_note(x, "%zu tokens are kept", kept.all.n);
	if (str_has(x->test, S("CACHE")))
		VEC_EACH(str, one, &kept.all)
			access_note(x, "%.*s: %.*s", STR(access_token_name(x->arena, *one)),
			            STR(*one));
	if (str_given(x->user) || !kept.all.n)
		return ACCESS_DONE;
	if (kept.all.n == 1) {
		x->user = kept.all.v[0];
		return ACCESS_DONE;
	}
	VEC_EACH(str, one, &kept.all)
		access_say(x, "there is a token of %.*s", STR(*one));
	str name = str_lower(x->arena, access_ask(x, "Enter your email: ", ASK_S, false));
	if (!name.n) {
		access_warn(x, "say whose token is wanted: -u EMAIL");
		return ACCESS_MISSING;
	}
	x->user = name;
	return ACCESS_DONE;
}

static bool refresh(struct access *x, str kept, const char *name)
{
	str token = access_text(kept, S("refresh_token"));
	if (!str_given(token))
		return false;
	str form = str_fmt(x->arena, "grant_type=refresh_token&%.*s",
	                   STR(access_form(x, "refresh_token", token)));
	struct access_answer r = access_call(x, S("/oauth/token"), form);
	str fresh = access_text(r.body, S("access_token"));
	if (r.status != 200 || !str_given(fresh) || !fresh.n)
		return false;
	if (access_keep(x, str_from_z(name), str_fmt(x->arena, "%.*s\n", STR(r.body))).code)
		access_note(x, "the refreshed token is not kept");
	x->token = fresh;
	return true;
}

static bool kept_token(struct access *x, str user)
{
	const char *name = str_z(x->arena, access_token_name(x->arena, user));
	str kept = access_cached(x, name);
	if (!str_given(kept))
		return false;
	int64_t expires = 0;
	str token = access_text(kept, S("access_token"));
	if (access_number(access_claims(x->arena, token), S("exp"), &expires) &&
	    expires - clock_ms() / 1000 >= LIFE_S) {
		x->token = token;
		return true;
	}
	access_note(x, "the token of %.*s has expired", STR(user));
	return refresh(x, str_trim(kept), name);
}

/* ---- a new one ---- */
static bool made_of(str s, bool letters)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], low = (char)(c | 0x20);
		if (!(c >= '0' && c <= '9') && !(letters && low >= 'a' && low <= 'z'))
			return false;
	}
	return true;
}

static enum access_code passcode_get(struct access *x)
{
	if (!x->passcode) {
		const char *prompt =
			str_z(x->arena,
		              str_fmt(x->arena,
		                      "Get passcode from %.*s/passcode\nPasscode: ", STR(x->url)));
		x->passcode = secret_new(x->arena, access_ask(x, prompt, ASK_PASSCODE_S, false));
	}
	str code = secret_bytes(x->passcode);
	if (!code.n) {
		access_warn(x, "a passcode is needed: -p PASSCODE");
		return ACCESS_MISSING;
	}
	if (made_of(code, true))
		return ACCESS_DONE;
	access_warn(x, "a passcode has letters and digits only");
	return ACCESS_CHARACTERS;
}

static enum access_code mfa_get(struct access *x)
{
	if (!x->mfa_answered)
		x->mfa = access_ask(
			x,
			"Enter the six-digit code (no spaces) if 2-factor is on, or ENTER: ", ASK_S,
			false);
	if (made_of(x->mfa, false))
		return ACCESS_DONE;
	access_warn(x, "an MFA code has digits only");
	return ACCESS_CHARACTERS;
}

static enum access_code password_get(struct access *x)
{
	if (!str_given(x->user))
		x->user = access_ask(x, "Enter username: ", ASK_S, false);
	x->user = str_lower(x->arena, x->user);
	if (x->user.n && !x->password) {
		const char *prompt = str_z(
			x->arena,
			str_fmt(x->arena, "Enter the password for user '%.*s': ", STR(x->user)));
		x->password = secret_new(x->arena, access_ask(x, prompt, ASK_S, true));
	}
	if (!x->user.n || !secret_bytes(x->password).n) {
		access_warn(x, "a user name and a password are needed: -u USER");
		return ACCESS_MISSING;
	}
	return mfa_get(x);
}

static struct access_answer new_token(struct access *x)
{
	str path = str_fmt(x->arena, "/oauth/token?mfa_token=%.*s", STR(x->mfa));
	struct buf form = buf_in(x->arena);
	buf_add(&form, S("grant_type=password&"));
	if (x->passcode_flow) {
		buf_add(&form, access_form(x, "passcode", secret_bytes(x->passcode)));
		buf_add(&form, S("&response_type=token"));
	} else {
		buf_add(&form, access_form(x, "username", x->user));
		buf_char(&form, '&');
		buf_add(&form, access_form(x, "password", secret_bytes(x->password)));
	}
	struct access_answer r = access_call(x, path, buf_str(&form));
	wipe(form.p, form.n);
	return r;
}

/* The name in the token is the one that was wanted, or what stands before its '@'. */
static bool is_wanted(const struct access *x, str name)
{
	if (!name.n)
		return false;
	if (!str_given(x->user))
		return x->passcode_flow;
	if (str_eq(x->user, name))
		return true;
	size_t at = str_find_char(name, '@');
	return at != STR_NPOS && !str_has(x->user, S("@")) && str_eq(x->user, str_sub(name, 0, at));
}

static enum access_code refused(struct access *x, const struct access_answer *r)
{
	if (r->status)
		access_warn(x, "refused (%u):\n%.*s", r->status, STR(r->body));
	else
		access_warn(x, "no answer from %.*s/oauth/token: %s", STR(x->url), r->why);
	return ACCESS_REFUSED;
}

static enum access_code answer_take(struct access *x, const struct access_answer *r)
{
	if (!str_has(r->body, S("access_token")))
		return refused(x, r);
	str token = access_text(r->body, S("access_token"));
	str name = access_text(access_claims(x->arena, token), S("user_name"));
	if (!is_wanted(x, name)) {
		access_warn(x, "Incorrect %s for the user %.*s",
		            x->passcode_flow ? "passcode" : "credentials", STR(x->user));
		return ACCESS_OTHER_USER;
	}
	x->token = token;
	str file = access_token_name(x->arena, name);
	bool kept = !access_keep(x, file, str_fmt(x->arena, "%.*s\n", STR(r->body))).code;
	return kept ? ACCESS_DONE : ACCESS_NO_WRITE;
}

static enum access_code token_ask(struct access *x)
{
	enum access_code code = x->passcode_flow ? passcode_get(x) : password_get(x);
	if (!code && x->passcode_flow && !made_of(x->mfa, false)) {
		access_warn(x, "an MFA code has digits only");
		code = ACCESS_CHARACTERS;
	}
	if (code)
		return code;
	struct access_answer r = new_token(x);
	return answer_take(x, &r);
}

static void note_given(const struct access *x)
{
	if (str_has(x->test, S("BASIC")))
		access_note(x, "user=%.*s password=%s mfa=%s passcode=%s", STR(x->user),
		            x->password ? "(given)" : "", x->mfa.n ? "(given)" : "",
		            x->passcode ? "(given)" : "");
}

static enum access_code token_find(struct access *x)
{
	enum access_code code = server_learn(x);
	if (!code)
		code = user_choose(x);
	if (code)
		return code;
	note_given(x);
	str small = str_lower(x->arena, x->user);
	if (x->user.n && kept_token(x, x->user))
		return ACCESS_DONE;
	if (!str_eq(small, x->user) && kept_token(x, small))
		return ACCESS_DONE;
	return token_ask(x);
}

/* A header or a URL of the environment that would be two lines of a request. */
static bool is_one_line(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

enum access_code access_run(struct access *x)
{
	if (x->task == ACCESS_CLEAR_ALL) {
		access_clear(x, access_root(x));
		return ACCESS_CLEARED;
	}
	if (!x->url.n) {
		access_warn(x, "SSO_LOGIN_URL is not set; say where the SSO server is, as in "
		               "export SSO_LOGIN_URL=https://login.example.com");
		return ACCESS_NO_URL;
	}
	if (!is_one_line(x->url) || !is_one_line(x->client_auth)) {
		access_warn(
			x,
			"SSO_LOGIN_URL and CLIENT_AUTH are without spaces and control characters");
		return ACCESS_CHARACTERS;
	}
	if (access_folder_open(x).code)
		return ACCESS_NO_CACHE;
	if (x->task == ACCESS_PRINT)
		return ACCESS_PRINTED;
	if (x->task == ACCESS_CLEAR) {
		access_clear(x, x->folder);
		return ACCESS_CLEARED;
	}
	enum access_code code = token_find(x);
	if (!code && x->valid_file && access_valid_write(x).code)
		code = ACCESS_NO_WRITE;
	return code;
}
