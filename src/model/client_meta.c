/* SPDX-License-Identifier: Apache-2.0 */
/* The table of client meta.
 * Pictures are no key of it: pages show none.
 * Source: oauth2-service reference, "Clients". */
#include "model/client_meta.h"

static const struct field fields[] = {
	FIELD(client_meta, client_id, "clientId", T_STR),
	FIELD(client_meta, client_name, "clientName", T_STR, .read_only = true),
	FIELD(client_meta, on_home_page, "showOnHomePage", T_BOOL),
	FIELD(client_meta, launch_url, "appLaunchUrl", T_STR),
	FIELD(client_meta, created_by, "createdBy", T_STR, .read_only = true),
	FIELDS_END,
};

const struct noun client_meta_noun = { "ClientMeta", "clientMeta", sizeof(struct client_meta),
	                               fields };
