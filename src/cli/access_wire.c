/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the OAuth2 service by libcurl.
 * Bounded: 1 MiB of answer, 30 seconds; HTTP/1.1, no redirect, no protocol but http and https.
 * Source: curl_easy_setopt(3); oauth2-service reference, 5.5. */
#include <curl/curl.h>
#include <stdlib.h>

#include "cli/access_inside.h"

enum { ANSWER_MAX = 1 << 20, CALL_MS = 30000 };

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;
	if (b->n + size * n > ANSWER_MAX)
		return 0;
	buf_add(b, str_from(bytes, size * n));
	return size * n;
}

static void easy_end(CURL **easy) { curl_easy_cleanup(*easy); }
static void list_end(struct curl_slist **list) { curl_slist_free_all(*list); }

str access_form(struct access *x, const char *key, str value)
{
	char *text = curl_easy_escape(NULL, value.n ? value.p : "", (int)value.n);
	must(text);
	str pair = str_fmt(x->arena, "%s=%s", key, text);
	wipe(text, str_from_z(text).n);
	curl_free(text);
	return pair;
}

static void header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);
	must(longer);
	*list = longer;
}

/* What the curl command would have read from the environment by itself. */
static void trust(CURL *easy, const struct access *x)
{
	const char *bundle = getenv("CURL_CA_BUNDLE");
	if (!bundle || !*bundle)
		bundle = getenv("SSL_CERT_FILE");
	if (bundle && *bundle)
		curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
	if (x->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void form_set(CURL *easy, struct access *x, str form, struct curl_slist **headers)
{
	header(headers, "Content-Type: application/x-www-form-urlencoded;charset=utf-8");
	header(headers, "Accept: application/json;charset=utf-8");
	header(headers, str_z(x->arena,
	                      str_fmt(x->arena, "Authorization: Basic %.*s", STR(x->client_auth))));
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)form.n);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form.p);
}

static void ends_set(CURL *easy, struct access *x, str path, struct buf *answer)
{
	str base = x->url;
	while (str_ends(base, S("/")))
		base.n--;
	curl_easy_setopt(easy, CURLOPT_URL,
	                 str_z(x->arena, str_fmt(x->arena, "%.*s%.*s", STR(base), STR(path))));
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* With HTTP/2 the status line that is looked for would not be there. */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_HEADER, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)CALL_MS);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "get_token/" ACCESS_VERSION);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
}

struct access_answer access_call(struct access *x, str path, str form)
{
	AUTO(easy_end) CURL *easy = curl_easy_init();
	AUTO(list_end) struct curl_slist *headers = NULL;
	struct buf answer = buf_in(x->arena);
	struct access_answer r = { 0 };
	long status = 0, head = 0;
	must(easy);
	ends_set(easy, x, path, &answer);
	trust(easy, x);
	if (str_given(form))
		form_set(easy, x, form, &headers);
	else
		header(&headers, "Accept: application/json");
	header(&headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	CURLcode code = curl_easy_perform(easy);
	if (code) {
		r.why = code == CURLE_WRITE_ERROR ? "the answer is longer than 1 MiB"
		                                  : curl_easy_strerror(code);
		access_note(x, "no answer: %s", r.why);
		return r;
	}
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
	r.status = (unsigned)status;
	r.whole = buf_str(&answer);
	r.body = str_sub(r.whole, (size_t)head, STR_NPOS);
	str bare = str_cut(&path, '?'); /* behind it stands a code */
	access_note(x, "%.*s: %u, %zu bytes", STR(bare), r.status, r.body.n);
	return r;
}
