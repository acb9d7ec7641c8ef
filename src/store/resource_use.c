/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a resource of an environment: deployed bundles, virtual hosts, target servers.
 * Asked inside the transaction that would delete it.
 * Source: house ("refuse deletion of what is in use"). */
#include "model/target_server.h"
#include "store/inside.h"
#include "store/organizations.h"

/* The bundles of deployments, as they said when they were deployed. */
err resource_not_deployed(struct arena *a, struct db *tx, const struct vhost_key *k,
                          const char *kind)
{
	struct db_rows rows;
	str resource = str_fmt(a, "%s/%.*s", kind, STR(k->name));
	TRY(db_query(a, tx,
	             "SELECT 1 FROM resource_use WHERE org = $1 AND env = $2 AND resource = $3",
	             DB_ARGS(DB_T(k->org), DB_T(k->env), DB_T(resource)), &rows));
	return rows.n ? FAIL(ERR_CONFLICT) : DONE;
}

static bool names(const struct ssl_info *ssl, str store)
{
	return ssl && (str_eq(ssl->key_store, store) || str_eq(ssl->trust_store, store));
}

err keystore_not_named(struct arena *a, struct db *tx, const struct vhost_key *k, str store)
{
	struct list hosts, servers;
	struct db_args of = DB_ARGS(DB_T(k->org), DB_T(k->env));
	TRY(doc_list(a, tx, &virtual_host_noun,
	             "SELECT doc FROM virtual_host WHERE org = $1 AND env = $2", of, &hosts));
	TRY(doc_list(a, tx, &target_server_noun,
	             "SELECT doc FROM target_server WHERE org = $1 AND env = $2", of, &servers));
	LIST_EACH(const struct virtual_host, v, &hosts)
		if (names(v->ssl, store))
			return FAIL(ERR_CONFLICT);
	LIST_EACH(const struct target_server, t, &servers)
		if (names(t->ssl, store))
			return FAIL(ERR_CONFLICT);
	return DONE;
}
