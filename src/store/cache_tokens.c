/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens in memory, each with its client: a verified token is one look-up and one hold.
 * An entry whose client is old is replaced by one with the client as it is, and the token as it was read.
 * Source: store/cache.h. */
#include "store/cache_inside.h"
#include "store/tokens.h"

enum { TOKEN_ROOM = 512 };

struct token_entry {
	struct shelf_item item;
	struct token_view view;
	struct client_entry *client; /* held; NULL: not known */
	struct token_entry *reader;  /* whose arena the token was read into */
};

/* The token, of the entry that memory has of it or else from its row. */
static err find_token(struct store *st, const struct shelf_key *k, const struct token_key *key,
                      struct token_entry *e)
{
	struct token *t;
	struct token_entry *known = shelf_take(st->cache->tokens, k);
	if (known) {
		e->view.token = known->view.token;
		e->reader = known->reader;
		shelf_hold(e->reader);
		shelf_let_go(known);
		arena_defer(e->item.arena, shelf_let_go, e->reader);
		return DONE;
	}
	TRY(token_get(e->item.arena, st, k->realm, key, &t));
	e->view.token = t;
	e->reader = e;
	return DONE;
}

static err find_client(struct store *st, str org, struct token_entry *e)
{
	err trouble = cache_client(st, org, e->view.token->client_id, &e->client);
	if (trouble.code == ERR_NOT_FOUND)
		return DONE;
	TRY(trouble);
	arena_defer(e->item.arena, shelf_let_go, e->client);
	e->view.client = &e->client->view;
	return DONE;
}

/* What was forgotten since the note is neither found by find_token() nor kept. */
static err fill(struct store *st, const struct shelf_key *k, const struct token_key *key,
                struct token_entry **out)
{
	unsigned note = shelf_note(st->cache->tokens, k);
	struct token_entry *e = shelf_item(sizeof *e, TOKEN_ROOM, k);
	err trouble = find_token(st, k, key, e);
	if (!trouble.code)
		trouble = find_client(st, k->realm, e);
	if (trouble.code) {
		shelf_let_go(e);
		return trouble;
	}
	shelf_put_since(st->cache->tokens, note, e);
	*out = e;
	return DONE;
}

static err view(struct arena *a, struct store *st, str org, const struct token_key *key,
                bool at_hand, const struct token_view **out)
{
	struct shelf_key k = cache_token_key(org, key);
	struct token_entry *e;
	if (cache_is_stale(st))
		return FAIL(ERR_STORE);
	e = shelf_take(st->cache->tokens, &k);
	if (!e && at_hand)
		return FAIL(ERR_NOT_FOUND);
	if (!e || !cache_is_current(e->client)) {
		if (e)
			shelf_let_go(e);
		TRY(fill(st, &k, key, &e));
	}
	arena_defer(a, shelf_let_go, e);
	*out = &e->view;
	return DONE;
}

err token_view(struct arena *a, struct store *st, str org, const struct token_key *key,
               const struct token_view **out)
{
	return view(a, st, org, key, false, out);
}

err token_view_at_hand(struct arena *a, struct store *st, str org, const struct token_key *key,
                       const struct token_view **out)
{
	return view(a, st, org, key, true, out);
}
