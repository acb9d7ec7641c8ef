/* SPDX-License-Identifier: Apache-2.0 */
/* `gatehouse serve`: reads settings, opens the store, makes what a first start makes, serves, drains, stops.
 * stdout holds one line, "gatehouse ready", once every listener accepts; what keeps it from starting is
 * one line on stderr.
 * Source: house ("main: read config, wire the rooms, run, drain, stop"). */
#include "main/serve.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rand.h"
#include "identity/attempts.h"
#include "main/bootstrap.h"
#include "main/certificates.h"
#include "main/configure.h"
#include "main/handover.h"
#include "main/hints.h"
#include "main/node.h"
#include "main/notify.h"
#include "main/reload.h"
#include "policy/counters.h"
#include "policy/jwt_memory.h"
#include "policy/registry.h"
#include "rt/dns.h"
#include "rt/fiber.h"
#include "rt/tls.h"
#include "sso/cli_bundle.h"
#include "sso/seed.h"

static const struct field options[] = {
	FIELD(serve_options, data, "data", T_STR,
	      .doc = "DIR\tThe folder where everything is kept; made if need be"),
	FIELD(serve_options, config, "config", T_STR,
	      .doc = "FILE\tThe configuration; etc/gatehouse.conf shows every key"),
	FIELD(serve_options, demo, "demo", T_BOOL,
	      .doc = "\tAdd the example of the documents, once, and run its target"),
	FIELD(serve_options, set, "set", T_STRS,
	      .doc = "KEY=VALUE\tReplace a key of the configuration; may be repeated"),
	FIELDS_END,
};

struct serving { /* in the order in which it is opened, and closed backwards */
	struct arena *arena;
	const struct serve_options *options;
	struct diag diag;
	struct settings settings;
	str data;
	struct store *store;
	struct listeners listeners;
	struct token_service *tokens;
	struct identity *identity;
	struct tls_context *secure, *sso_tls;
	struct management management;
	struct signer *signer;
	struct sso sso;
	struct services services;
	struct reload reload;
	struct handover handover;
	struct node *node;
	bool password_shown, is_heir;
};

static void raise_limits(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r))
		log_warn("descriptors_limited", LOG_INT("errno", errno));
}

static err make_folder(struct serving *s)
{
	const char *dir = str_z(s->arena, s->data);
	struct stat st;
	if (mkdir(dir, 0700) && errno != EEXIST)
		return diag_add(&s->diag, ERR_IO, 0, "cannot make the data folder %s: %s", dir,
		                strerror(errno));
	if (stat(dir, &st) || !S_ISDIR(st.st_mode))
		return diag_add(&s->diag, ERR_IO, 0, "the data folder %s is not a folder", dir);
	return DONE;
}

static err open_store(struct serving *s, const struct inheritance *in)
{
	struct store_options o = {
		.location = settings_store_location(s->arena, &s->settings, s->data),
		.secret_key_file = s->settings.secret_key_file,
		.lock = in->lock,
	};
	if (!o.secret_key_file.n)
		o.secret_key_file = str_fmt(s->arena, "%.*s/secret.key", STR(s->data));
	return store_open(&o, &s->diag, &s->store);
}

/* Sockets come from the server before, from the service manager, or from nobody. */
static err inherit(struct serving *s, struct inheritance *in)
{
	TRY(inheritance_read(&s->diag, in));
	s->handover.before = in->channel;
	s->is_heir = in->channel >= 0;
	if (!s->is_heir) {
		activated_read(s->arena, &in->sockets);
		return DONE;
	}
	if ((in->lock > 0) != str_eq(s->settings.store, S("sqlite")))
		return diag_add(&s->diag, ERR_DENIED, 0,
		                "a hand-over is to the same store: another one needs a restart");
	return DONE;
}

/* Where target hosts really are, and which no target is. */
static err rule_addresses(struct serving *s)
{
	struct dns_rules *rules;
	if (s->options->demo)
		s->reload.mocktarget = listener_here(s->arena, &s->listeners, LISTEN_MOCKTARGET);
	TRY(settings_dns_rules(&s->settings, s->reload.mocktarget, &s->diag, &rules));
	dns_rules_use(&rules);
	return DONE;
}

static struct seed seed_of(struct serving *s)
{
	return (struct seed){ .arena = s->arena,
		              .store = s->store,
		              .org = s->settings.organization,
		              .by = administrator_name(s->arena),
		              .policy_find = policy_find,
		              .diag = &s->diag };
}

static err fill_store(struct serving *s)
{
	struct bootstrap b = {
		.seed = seed_of(s),
		.identity = s->identity,
		.data = s->data,
		.default_port = listener_port(&s->listeners, LISTEN_DEFAULT),
		.secure_port = listener_port(&s->listeners, LISTEN_SECURE),
	};
	TRY(bootstrap_run(&b));
	s->password_shown = b.password_shown;
	return s->options->demo ? demo_run(&b.seed) : DONE;
}

/* How clients reach it, without a slash at the end. */
static str sso_url(struct serving *s)
{
	str url = s->settings.sso_url;
	while (str_ends(url, S("/")))
		url.n--;
	return url.n ? url
	             : str_fmt(s->arena, "http%s://%.*s", s->sso_tls ? "s" : "",
	                       STR(listener_here(s->arena, &s->listeners, LISTEN_SSO)));
}

static err wire_sso(struct serving *s)
{
	TRY(certificate_of_files(s->arena, s->settings.sso_tls_certificate, s->settings.sso_tls_key,
	                         &s->diag, &s->sso_tls));
	str url = sso_url(s);
	TRY(signer_open(s->store, USER_ZONE, &s->diag, &s->signer));
	s->sso = (struct sso){
		.settings = { .url = url,
		              .zone = USER_ZONE,
		              .access_validity_s = s->settings.sso_access_s,
		              .refresh_validity_s = s->settings.sso_refresh_s,
		              .password = s->settings.password,
		              .logout_whitelist = s->settings.logout_whitelist,
		              .rotate_refresh = s->settings.sso_rotate },
		.store = s->store,
		.identity = s->identity,
		.bearers = { .signer = s->signer,
		             .store = s->store,
		             .issuer = str_fmt(s->arena, "%.*s/oauth/token", STR(url)),
		             .zone = USER_ZONE },
	};
	s->sso.cli_bundle = cli_bundle_create();
	s->sso.routes = sso_routes(s->arena);
	s->management.bearers = &s->sso.bearers;
	TRY(sso_seed(s->store, USER_ZONE));
	struct seed seed = seed_of(s);
	struct administrator_client admin = { &seed, s->data };
	return administrator_client_make(&admin);
}

static err wire(struct serving *s)
{
	struct token_settings lifetimes = { s->settings.access_token_ms,
		                            s->settings.refresh_token_ms };
	s->tokens = token_service_create(s->store, &lifetimes);
	struct lockout_policy lockout = { s->settings.lockout_failures,
		                          s->settings.lockout_window_s * 1000,
		                          s->settings.lockout_s * 1000 };
	s->identity = identity_create(s->store, &lockout, &s->settings.password);
	s->management = (struct management){
		.uploads = arena_new(s->arena, struct upload *),
		.store = s->store,
		.identity = s->identity,
		.tokens = s->tokens,
		.policy_find = policy_find,
		.node_id = rand_uuid(s->arena),
		.routes = management_routes(s->arena),
	};
	s->services = (struct services){
		.store = s->store,
		.tokens = s->tokens,
		.jwt = jwt_memory_create(),
	};
	return counters_open(s->store, &s->services.counters);
}

/* How a shell that follows the hints gets the administrator's password. */
static str password_words(const struct serving *s)
{
	char whole[PATH_MAX];
	if (s->password_shown)
		return STR_NONE;
	if (!realpath(str_z(s->arena, administrator_file(s->arena, s->data)), whole))
		return S("PASSWORD");
	return str_fmt(s->arena, "'\"$(cat '%s')\"'", whole);
}

static void say_hints(const struct serving *s)
{
	struct hints hints = { &s->listeners, s->settings.organization,
		               administrator_name(s->arena), password_words(s) };
	fprintf(stderr, "%.*s", STR(hints_text(s->arena, &hints)));
}

static err start(struct serving *s)
{
	TRY(configure(s->arena, s->options, &s->diag, &s->settings));
	log_set_level((enum log_level)s->settings.log_level);
	TRY(make_folder(s));
	struct inheritance in;
	TRY(inherit(s, &in));
	TRY(open_store(s, &in));
	TRY(listeners_open(&s->settings, s->options->demo, &in.sockets, &s->diag, &s->listeners));
	TRY(rule_addresses(s));
	TRY(wire(s));
	TRY(fill_store(s));
	TRY(wire_sso(s));
	bool self_signed;
	TRY(certificates_load(s->arena, s->store, &s->secure, &self_signed));
	if (self_signed && !listener_is_loopback(&s->listeners, LISTEN_SECURE))
		log_warn("self_signed_certificate", LOG_STR("listen", s->settings.secure_listen));
	s->reload.options = s->options;
	s->reload.settings = &s->settings;
	s->reload.data = s->data;
	s->reload.store = s->store;
	s->reload.management = &s->management;
	s->reload.secure = &s->secure;
	s->reload.sso_tls = &s->sso_tls;
	s->handover.settings = &s->settings;
	s->handover.store = s->store;
	struct node_conf conf = {
		.reload = &s->reload,
		.handover = &s->handover,
		.data = s->data,
		.settings = &s->settings,
		.management = &s->management,
		.services = &s->services,
		.sso = &s->sso,
		.secure = s->secure,
		.sso_tls = s->sso_tls,
		.access_log = settings_access_log(s->arena, &s->settings, s->data),
	};
	if (s->options->demo && !s->is_heir)
		say_hints(s);
	return node_start(s->arena, &conf, &s->listeners, &s->diag, &s->node);
}

static void stop(struct serving *s)
{
	bool drained = handover_is_over(&s->handover);
	node_stop(&s->node, drained ? 0 : s->settings.drain_timeout_s * 1000);
	handover_stop(&s->handover);
	reload_stop(&s->reload);
	listeners_close(&s->listeners);
	tls_release(&s->secure);
	tls_release(&s->sso_tls);
	identity_destroy(&s->identity);
	counters_close(&s->services.counters);
	jwt_memory_destroy(&s->services.jwt);
	token_service_destroy(&s->tokens);
	cli_bundle_destroy(&s->sso.cli_bundle);
	signer_close(&s->signer);
	store_close(&s->store);
}

static void say_ready(struct serving *s)
{
	if (!s->is_heir)
		notify_ready(); /* else the service is ready, and the one before says who it is */
	puts("gatehouse ready");
	fflush(stdout);
}

static enum exit_code run(struct arena *a, const struct verb_env *env, const void *opts,
                          struct strs operands)
{
	const struct serve_options *o = opts;
	struct serving s = { .arena = a, .options = o, .diag = { .arena = a }, .data = o->data };
	(void)env, (void)operands;
	if (!o->data.n)
		return verb_failed("serve: say --data DIR, the folder where everything is kept");
	memory_start();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	int signals = verb_signals();
	s.reload.signals = reload_signals();
	s.handover.signals = handover_signals();
	s.handover.before = -1;
	notify_open();
	offload_start(0);
	for (size_t i = 0; i < LISTENERS; i++)
		s.listeners.fd[i] = -1;
	err e = start(&s);
	if (e.code && !s.diag.findings.n)
		diag_note(&s.diag, 0, "cannot start: %s", err_word(e.code));
	if (!e.code) {
		memory_trim();
		say_ready(&s);
		node_wait(s.node, signals);
		log_info("draining");
		notify_stopping();
	}
	stop(&s);
	offload_stop();
	close(signals);
	return e.code ? verb_findings(&s.diag) : EXIT_OK;
}

const struct verb verb_serve = {
	.name = "serve",
	.operands = "",
	.summary = "Run the gateway, its management API and the token endpoints",
	.help = "Prints `gatehouse ready` when every listener accepts. SIGTERM drains and stops, "
		"SIGHUP\n"
		"reads configuration and certificates again, SIGUSR2 hands over to a new start of "
		"the\n"
		"program, which gets the sockets: nobody notices.\n"
		"GATEHOUSE_ADMIN_USER and GATEHOUSE_ADMIN_PASSWORD name the first administrator,\n"
		"GATEHOUSE_SSO_ADMIN_SECRET is the first secret of the OAuth2 service's client "
		"ssoadmin.",
	.options = options,
	.options_size = sizeof(struct serve_options),
	.run = run,
};
