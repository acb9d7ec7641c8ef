/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of management/alias_body.h: a row per format.
 * An RSA key is made on the CPU lane; all else is quick.
 * Source: Apigee Edge management API, keystores (aliases). */
#include "management/alias_body.h"

#include "base/clock.h"
#include "base/secret.h"
#include "codec/multipart.h"
#include "codec/zip.h"
#include "rt/fiber.h"

enum { FILE_MAX = 50 * 1024, FORM_MAX = 256 * 1024, DAYS = 365 };

struct given { /* a multipart body */
	struct parts parts;
	str password;
};

static void wipe_text(void *arg)
{
	const str *s = arg;
	wipe((char *)s->p, s->n);
}

void secret_in_arena(struct arena *a, str text)
{
	if (!text.n)
		return;
	str *kept = arena_new(a, str);
	*kept = text;
	arena_defer(a, wipe_text, kept);
}

static struct message *refused(struct api *q, const struct diag *d)
{
	return answer_findings(q, "messaging.config.beans.InvalidCertificate", d);
}

static struct message *bad_request(struct api *q, const char *what)
{
	return answer_error(q, 400, "management.InvalidRequest", "%s", what);
}

static struct message *read_form(struct api *q, struct given *out)
{
	str bytes = STR_NONE;
	struct message *bad = api_body(q, FORM_MAX, &bytes);
	if (bad)
		return bad;
	secret_in_arena(q->arena, bytes);
	str type = headers_get(&q->call->request->headers, S("content-type"));
	if (multipart_read(q->arena, type, bytes, &out->parts).code)
		return bad_request(q, "The body is no multipart/form-data that can be read");
	const struct part *p = multipart_get(&out->parts, S("password"));
	out->password = p ? p->bytes : api_query(q, "password");
	return NULL;
}

static struct message *file_of(struct api *q, const struct given *g, const char *name, str *out)
{
	const struct part *p = multipart_get(&g->parts, str_from_z(name));
	if (!p || !p->bytes.n)
		return answer_error(q, 400, "management.InvalidRequest",
		                    "The form needs the file %s", name);
	if (p->bytes.n > FILE_MAX)
		return answer_error(q, 400, "management.InvalidRequest", "%s is larger than 50 KB",
		                    name);
	*out = p->bytes;
	return NULL;
}

/* ---- what has come ---- */

/* It can be read, and has not expired. */
static struct message *check_certificate(struct api *q, str pem)
{
	struct diag d = { .arena = q->arena };
	struct certificates all = { 0 };
	if (certificates_read(q->arena, pem, &d, &all).code)
		return refused(q, &d);
	VEC_EACH(const struct certificate, c, &all)
		if (c->expires_ms < clock_ms() &&
		    !api_query_is(q, "ignoreExpiryValidation", "true"))
			return answer_error(q, 400, "messaging.config.beans.CertificateExpired",
			                    "The certificate of %.*s has expired", STR(c->subject));
	return NULL;
}

static struct message *use_pair(struct api *q, str cert, str key, str password, struct keypair *p)
{
	struct diag d = { .arena = q->arena };
	struct message *bad = check_certificate(q, cert);
	if (bad)
		return bad;
	p->cert_pem = cert;
	if (!key.n)
		return NULL;
	if (certificate_key_read(q->arena, cert, key, password, &d, &p->key_pem).code)
		return refused(q, &d);
	secret_in_arena(q->arena, p->key_pem);
	return NULL;
}

/* ---- a row per format ---- */

static struct message *read_files(struct api *q, struct keypair *p)
{
	struct given g = { 0 };
	str cert = STR_NONE, key = STR_NONE;
	struct message *bad = read_form(q, &g);
	if (bad || (bad = file_of(q, &g, "certFile", &cert)))
		return bad;
	if (multipart_get(&g.parts, S("keyFile")) && (bad = file_of(q, &g, "keyFile", &key)))
		return bad;
	return use_pair(q, cert, key, g.password, p);
}

static struct message *read_pkcs12(struct api *q, struct keypair *p)
{
	struct given g = { 0 };
	struct diag d = { .arena = q->arena };
	str file = STR_NONE, cert, key;
	struct message *bad = read_form(q, &g);
	if (bad || (bad = file_of(q, &g, "file", &file)))
		return bad;
	if (certificate_unpack(q->arena, file, g.password, &d, &cert, &key).code)
		return refused(q, &d);
	secret_in_arena(q->arena, key);
	return use_pair(q, cert, key, STR_NONE, p);
}

static str jar_file(const struct zip_files *all, str path)
{
	VEC_EACH(const struct zip_file, f, all)
		if (str_eq(f->path, path))
			return f->bytes;
	return STR_NONE;
}

static str jar_property(str text, str name)
{
	while (str_given(text)) {
		str value = str_cut(&text, '\n');
		if (str_eq(str_trim(str_cut(&value, '=')), name) && str_given(value))
			return str_trim(value);
	}
	return STR_NONE;
}

static struct message *read_jar(struct api *q, struct keypair *p)
{
	struct given g = { 0 };
	struct diag d = { .arena = q->arena };
	struct zip_files all = { 0 };
	str file = STR_NONE;
	struct message *bad = read_form(q, &g);
	if (bad || (bad = file_of(q, &g, "file", &file)))
		return bad;
	if (zip_read(q->arena, file, &d, &all).code)
		return refused(q, &d);
	str properties = jar_file(&all, S("META-INF/descriptor.properties"));
	str cert = jar_file(&all, jar_property(properties, S("certFile")));
	str key = jar_file(&all, jar_property(properties, S("keyFile")));
	if (!cert.n || !key.n)
		return bad_request(q, "The JAR needs META-INF/descriptor.properties, which names "
		                      "certFile and keyFile, and both of them");
	return use_pair(q, cert, key, g.password, p);
}

struct making {
	struct arena *arena;
	struct certificate_wish wish;
	struct diag diag;
	str cert, key;
	err e;
};

static void make(void *arg)
{
	struct making *m = arg;
	m->e = certificate_make(m->arena, &m->wish, &m->diag, &m->cert, &m->key);
}

static struct certificate_wish wish_of(const struct self_signed *s)
{
	str signature = s->signature.n ? s->signature : s->signature_old;
	int64_t bits = s->key_size ? s->key_size : s->key_size_old;
	int64_t days = s->days ? s->days : s->days_old;
	return (struct certificate_wish){
		s->country,
		s->state,
		s->locality,
		s->org,
		s->unit,
		s->common_name,
		s->email,
		s->names,
		signature.n ? str_sub(signature, 0, 6) : S("SHA256"),
		bits ? (unsigned)bits : 2048,
		days ? (unsigned)days : DAYS,
	};
}

static struct message *read_wish(struct api *q, struct keypair *p)
{
	struct self_signed asked = { 0 };
	struct message *bad = api_read(q, &self_signed_noun, MODEL_CREATE, &asked);
	if (bad)
		return bad;
	struct making m = { .arena = q->arena,
		            .wish = wish_of(&asked),
		            .diag = { .arena = q->arena } };
	err e = offload(LANE_CPU, make, &m);
	if (e.code)
		return answer_trouble(q, e);
	if (m.e.code)
		return refused(q, &m.diag);
	secret_in_arena(q->arena, m.key);
	p->alias = asked.alias.n ? asked.alias : p->alias;
	p->cert_pem = m.cert;
	p->key_pem = m.key;
	return NULL;
}

struct message *alias_read(struct api *q, struct keypair *p)
{
	static const struct {
		const char *format;
		struct message *(*read)(struct api *, struct keypair *);
	} rows[] = {
		{ "keycertfile", read_files },
		{ "keycertjar", read_jar },
		{ "pkcs12", read_pkcs12 },
		{ "selfsignedcert", read_wish },
	};
	p->alias = api_query(q, "alias");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (api_query_is(q, "format", rows[i].format))
			return rows[i].read(q, p);
	return bad_request(q, "format is keycertfile, keycertjar, pkcs12 or selfsignedcert");
}

struct message *alias_read_certificate(struct api *q, struct keypair *p)
{
	struct given g = { 0 };
	str cert = STR_NONE;
	str type = headers_get(&q->call->request->headers, S("content-type"));
	bool form = str_istarts(type, S("multipart/form-data"));
	struct message *bad = form ? read_form(q, &g) : api_body(q, FILE_MAX, &cert);
	if (bad || (form && (bad = file_of(q, &g, "certFile", &cert))))
		return bad;
	return use_pair(q, cert, p->key_pem, STR_NONE, p);
}

/* ---- what goes out ---- */

static str validity(const struct certificate *c)
{
	int64_t now = clock_ms();
	return now < c->valid_from_ms ? S("Not yet") : now > c->expires_ms ? S("No") : S("Yes");
}

struct list cert_infos(struct arena *a, const struct certificates *all)
{
	struct cert_info *v = arena_array(a, struct cert_info, all->n + 1);
	for (size_t i = 0; i < all->n; i++) {
		const struct certificate *c = &all->v[i];
		v[i] = (struct cert_info){
			.basic_constraints = c->basic_constraints,
			.expires_ms = c->expires_ms,
			.is_valid = validity(c),
			.issuer = c->issuer,
			.public_key = c->public_key,
			.serial_number = c->serial_number,
			.signature = c->signature,
			.subject = c->subject,
			.alternative_names = c->alternative_names,
			.valid_from_ms = c->valid_from_ms,
			.version = c->version,
		};
	}
	return (struct list){ v, all->n };
}
