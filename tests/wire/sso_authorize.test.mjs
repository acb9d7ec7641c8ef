// SPDX-License-Identifier: Apache-2.0
// /oauth/authorize, /oauth/par and the grant authorization_code: every refusal and where it goes, consent, PKCE,
// replays, 64 clients with one code on SQLite and PostgreSQL.
// Invariant: nothing is sent to an address that is not the client's, and a code is good once.
// Source: RFC 6749 §4.1, 7636, 8252, 9126, 9207; oauth2-service reference, 1.12, 3.2.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import test from 'node:test';
import { expect, form, gateway, sleep } from './gateway.mjs';
import { postgres } from './postgres.mjs';
import { claims, client, part, refusal } from './sso.mjs';
import { Visitor, forms } from './visitor.mjs';

const g = await gateway();
const CB = 'https://app.example/cb?x=1', LOOP = 'http://127.0.0.1/cb';
const verifier = 'v'.repeat(43), challenge = createHash('sha256').update(verifier).digest('base64url');
const GRANTS = ['authorization_code', 'refresh_token'];
const members = { authorized_grant_types: GRANTS, scope: ['openid', 'scim.me', 'email'] };
const web = await client(g, 'web', { ...members, client_secret: 'web-secret', redirect_uri: [CB, 'https://app.example/two'], autoapprove: true, name: 'Web <App>' });
const asks = await client(g, 'asks', { ...members, client_secret: 'asks-secret', redirect_uri: [CB], name: 'Asking <App>' });
await client(g, 'native', { ...members, allowpublic: true, redirect_uri: [LOOP], autoapprove: ['openid', 'scim.me', 'email'] });
await client(g, 'machine', { client_secret: 'm', authorized_grant_types: ['client_credentials'], authorities: ['uaa.none'] });

const iss = `http://127.0.0.1:${g.ports.sso}/oauth/token`;
const ask = (fields = {}) => `/oauth/authorize?${form(JSON.parse(JSON.stringify({ response_type: 'code', client_id: 'web', redirect_uri: CB, state: 's&1', ...fields })))}`;
const answer = (r) => { assert.ok([302, 303].includes(r.status), `${r.status} ${r.text}`); return new URL(r.headers.location); };
const said = (r) => Object.fromEntries(answer(r).searchParams);
const someone = async () => { const v = new Visitor(g); expect(await v.login(), { status: 303 }); return v; };
const user = await someone();
const codeFor = async (fields, v = user) => said(await v.get(ask(fields))).code;
const redeem = (code, fields = {}, o = {}) => g.sso('/oauth/token', { client: web, form: JSON.parse(JSON.stringify({ grant_type: 'authorization_code', code, redirect_uri: CB, ...fields })), ...o });

test('a code, and what it is good for', async () => {
	const r = await user.get(ask({ scope: 'openid email', nonce: 'n-1' })), to = answer(r);
	assert.equal(r.status, 302);
	assert.equal(to.origin + to.pathname, 'https://app.example/cb');
	const s = said(r);
	assert.deepEqual(s, { x: '1', code: s.code, state: 's&1', iss });
	assert.match(s.code, /^[0-9A-Za-z]{32}$/);
	const t = expect(await redeem(s.code), { status: 200, headers: { 'cache-control': 'no-store' } }).json;
	assert.deepEqual(Object.keys(t), ['access_token', 'token_type', 'id_token', 'refresh_token', 'expires_in', 'scope', 'jti']);
	assert.equal(t.scope, 'openid email');
	assert.equal(claims(t.access_token).grant_type, 'authorization_code');
	const id = claims(t.id_token), head = JSON.parse(part(t.id_token, 0));
	assert.deepEqual([id.iss, id.aud, id.azp, id.nonce, id.amr, id.user_name, id.sub], [iss, ['web'], 'web', 'n-1', ['pwd'], g.user, claims(t.access_token).sub]);
	assert.equal(head.kid, (await g.sso('/token_key')).json.kid);
	const again = expect(await g.sso('/oauth/token', { client: web, form: { grant_type: 'refresh_token', refresh_token: t.refresh_token } }), { status: 200 }).json;
	assert.ok(again.id_token);
	assert.equal(claims(again.access_token).auth_time, id.auth_time);
});

test('a token in place of a browser', async () => {
	await client(g, 'cli', { client_secret: 'c', authorized_grant_types: ['password'], scope: ['uaa.user', 'openid'] });
	const { access_token } = expect(await g.login({}, { client: 'cli:c' }), { status: 200 }).json, login = claims(access_token);
	const bearer = (fields, o = {}, token = access_token) => g.sso(ask(fields), { ...o, headers: { Authorization: `Bearer ${token}` } });
	const { code, ...rest } = said(await bearer({ scope: 'openid' }));
	assert.deepEqual(rest, { x: '1', state: 's&1', iss });
	const t = expect(await redeem(code), { status: 200 }).json;
	assert.deepEqual([t.scope, claims(t.access_token).user_id, claims(t.access_token).auth_time], ['openid', login.user_id, login.auth_time]);
	const post = await g.sso('/oauth/authorize', { client: null, form: { response_type: 'code', client_id: 'web', redirect_uri: CB }, headers: { Authorization: `Bearer ${access_token}` } });
	assert.equal(post.status, 303);
	assert.match(said(post).code, /^[0-9A-Za-z]{32}$/);
	const rows = [
		[{ client_id: 'asks' }, 'interaction_required'], [{ prompt: 'consent' }, 'interaction_required'], [{ prompt: 'login' }, 'login_required'], [{ scope: 'magic' }, 'invalid_scope'],
		[{ response_type: 'token' }, 'unsupported_response_type'], [{ response_type: undefined }, 'invalid_request'], [{ prompt: 'none' }, undefined],
	];
	for (const [fields, error] of rows)
		assert.equal(said(await bearer(fields)).error, error, JSON.stringify(fields));
	expect(await bearer({ redirect_uri: 'https://evil.example/' }), { status: 400, headers: { location: null, 'content-type': /json/ } });
	const plain = (await g.login()).json.access_token, machine = await g.ssoAdmin('', 'machine:m');
	for (const [token, status, error] of [['x', 401, 'invalid_token'], [plain, 403, 'insufficient_scope'], [machine, 403, 'insufficient_scope']])
		assert.equal(expect(await bearer({}, {}, token), { status, headers: { location: null, 'www-authenticate': /^Bearer/ } }).json.error, error);
	const both = await user.get(ask(), { headers: { Authorization: 'Bearer x' } });       // a token that is none is no session
	expect(both, { status: 401, headers: { location: null } });
});

test('a password is traded at the token endpoint, and gets into no address', async () => {
	const fields = { response_type: 'token', client_id: 'web', redirect_uri: CB, source: 'credentials', username: g.user, password: g.pass };
	const { source, ...rest } = fields;
	for (const form of [fields, { ...fields, response_type: 'code' }, rest])
		expect(await g.sso('/oauth/authorize', { client: null, form, headers: { Accept: 'application/json' } }),
			{ status: 400, headers: { location: null }, body: refusal('invalid_request', `Unsupported source: ${form.source ?? ''}. A password is for the token endpoint`) });
	assert.equal(said(await user.get(ask({ source: 'credentials' }))).error, 'invalid_request');
});

const PUBLIC = { client_id: 'native', redirect_uri: LOOP, code_challenge: challenge, code_challenge_method: 'S256' };
const pages = [
	['no client', { client_id: undefined }, 401, 'invalid_client', 'A client id must be provided'],
	['an unknown client', { client_id: 'nobody' }, 400, 'invalid_request', `Invalid redirect ${CB} did not match one of the registered values`],
	['another redirect', { redirect_uri: 'https://app.example/cb' }, 400, 'invalid_request', 'Invalid redirect https://app.example/cb did not match one of the registered values'],
	['a redirect that begins well', { redirect_uri: `${CB}/../x` }, 400, 'invalid_request', /^Invalid redirect/],
	['a fragment', { redirect_uri: `${CB}#f` }, 400, 'invalid_request', /^Invalid redirect/],
	['a line end', { redirect_uri: `${CB}\r\nX: y` }, 400, 'invalid_request', /^Invalid redirect/],
	['no redirect of two', { redirect_uri: undefined }, 400, 'invalid_request', /^Invalid redirect/],
	['a loopback address of another path', { ...PUBLIC, redirect_uri: 'http://127.0.0.1:4711/other' }, 400, 'invalid_request', /^Invalid redirect/],
	['a host that begins like loopback', { ...PUBLIC, redirect_uri: 'http://127.0.0.1.evil.example/cb' }, 400, 'invalid_request', /^Invalid redirect/],
	['a user before another host', { ...PUBLIC, redirect_uri: 'http://127.0.0.1:80@evil.example/cb' }, 400, 'invalid_request', /^Invalid redirect/],
	['a pushed request that is none', { request_uri: 'urn:ietf:params:oauth:request_uri:abc' }, 400, 'invalid_request_uri', /^The request_uri/],
];
for (const [what, fields, status, error, text] of pages) {
	test(`told to the person, sent nowhere: ${what}`, async () => {
		const page = expect(await user.get(ask(fields)), { status, headers: { location: null, 'content-type': /^text\/html/ } });
		const json = expect(await user.get(ask(fields), { headers: { Accept: 'application/json' } }), { status, headers: { location: null } }).json;
		assert.equal(json.error, error);
		assert.ok(text instanceof RegExp ? text.test(json.error_description) : json.error_description === text, json.error_description);
		assert.ok(page.text.includes('role="alert"'));
	});
}

test('a parameter twice goes nowhere', async () => expect(await user.get(`${ask()}&state=2`), { status: 400, headers: { location: null } }));

const redirected = [
	['no response_type', { response_type: undefined }, 'invalid_request', 'Missing response_type in authorization request'],
	['implicit', { response_type: 'token' }, 'unsupported_response_type', 'Unsupported response types: token'],
	['hybrid', { response_type: 'code id_token' }, 'unsupported_response_type', 'Unsupported response types: code id_token'],
	['another response_mode', { response_mode: 'form_post' }, 'invalid_request', 'Unsupported response mode: form_post'],
	['a request object', { request: 'a.b.c' }, 'request_not_supported'],
	['a request elsewhere', { request_uri: 'https://app.example/r' }, 'request_uri_not_supported'],
	['an unknown challenge method', { code_challenge: challenge, code_challenge_method: 'S512' }, 'invalid_request', 'Unsupported code challenge method: S512'],
	['a method without a challenge', { code_challenge_method: 'S256' }, 'invalid_request'],
	['a short challenge', { code_challenge: 'abc' }, 'invalid_request'],
	['a public client without a challenge', { client_id: 'native', redirect_uri: LOOP }, 'invalid_request', 'Public client must use code challange method S256'],
	['a public client with plain', { ...PUBLIC, code_challenge_method: undefined }, 'invalid_request', 'Public client must use code challange method S256'],
	['an unknown prompt', { prompt: 'none login' }, 'invalid_request'],
	['max_age that is none', { max_age: '-1' }, 'invalid_request'],
	['an unknown scope', { scope: 'uaa.admin' }, 'invalid_scope', 'uaa.admin is invalid. Please use a valid scope name in the request'],
];
for (const [what, fields, error, text] of redirected) {
	test(`told to the client: ${what}`, async () => {
		const s = said(await user.get(ask(fields)));
		assert.deepEqual([s.error, s.state, s.iss, s.code], [error, 's&1', iss, undefined]);
		if (text)
			assert.equal(s.error_description, text);
	});
}

test('prompt=none: never a page', async () => {
	const nobody = new Visitor(g);
	assert.equal(said(await nobody.get(ask({ prompt: 'none' }))).error, 'login_required');
	assert.equal(said(await user.get(ask({ prompt: 'none', client_id: 'asks' }))).error, 'interaction_required');
	assert.ok(said(await user.get(ask({ prompt: 'none' }))).code);
	await sleep(1100);
	assert.equal(said(await user.get(ask({ prompt: 'none', max_age: '0' }))).error, 'login_required');
});

test('who is not logged in is led there and back; a request in a form, too', async () => {
	for (const first of [(v) => v.get(ask()), async (v) => {
		const r = await v.call('/oauth/authorize', { fields: Object.fromEntries(new URLSearchParams(ask().split('?')[1])) });
		assert.equal(r.status, 303);
		return v.get(r.to);
	}]) {
		const v = new Visitor(g), r = await first(v);
		assert.match(r.to, /^\/login\?return_to=%2Foauth%2Fauthorize/);
		const back = await v.login({ at: r.to });
		assert.ok(said(await v.get(back.to)).code);
	}
});

test('prompt=login and max_age=0: another login, once', async () => {
	for (const fields of [{ prompt: 'login' }, { max_age: '0' }]) {
		const v = await someone();
		if (fields.max_age)
			await sleep(1100);
		const r = await v.get(ask(fields));
		assert.match(r.to, /^\/login\?return_to=/);
		assert.ok(!v.jar.has('JSESSIONID'));
		const back = await v.login({ at: r.to });
		assert.ok(said(await v.get(back.to)).code);
	}
});

test('consent: asked once, for what was not approved; refused; some of it', async () => {
	const v = await someone(), url = ask({ client_id: 'asks', scope: 'openid email' });
	const page = expect(await v.get(url), { status: 200, headers: { 'content-security-policy': /frame-ancestors 'none'/ } });
	assert.ok(page.text.includes('Asking &lt;App&gt;') && !page.text.includes('<App>'));
	const decide = async (p, typed) => v.call('/oauth/authorize', { fields: { ...forms(p.text).at(-1).fields, ...typed } });
	assert.equal(said(await decide(page, { user_oauth_approval: 'false' })).error, 'access_denied');
	const some = await decide(await v.get(url), { user_oauth_approval: 'true', 'scope.0': 'openid', 'scope.9': 'scim.me' });
	assert.equal(some.status, 303);
	assert.equal(expect(await redeem(said(some).code, {}, { client: asks }), { status: 200 }).json.scope, 'openid');
	expect(await v.get(url), { status: 200, body: /name="scope.1"/ });
	assert.ok(said(await v.get(ask({ client_id: 'asks', scope: 'openid' }))).code);
	expect(await v.get(ask({ client_id: 'asks', scope: 'openid', prompt: 'consent' })), { status: 200 });
	assert.equal(said(await decide(await v.get(url), { user_oauth_approval: 'true' })).error, 'access_denied');
});

test('consent: a form that is not ours, was used, or is somebody else\'s', async () => {
	const v = await someone(), url = ask({ client_id: 'asks', scope: 'openid email' });
	const fields = { ...forms((await v.get(url)).text).at(-1).fields, user_oauth_approval: 'true', 'scope.0': 'openid', 'scope.1': 'email' };
	const post = (who, f) => who.call('/oauth/authorize', { fields: f });
	assert.ok(!answer(await post(v, { ...fields, 'X-Uaa-Csrf': 'x'.repeat(22) })).href.startsWith('https://app.example'));
	const CHANGED = { status: 400, body: /Changes were detected from the original authorization request\./ };
	expect(await post(v, { ...fields, consent: 'a'.repeat(32) }), CHANGED);
	const nobody = new Visitor(g);
	assert.notEqual((await post(nobody, fields)).status, 200);
	assert.ok(said(await post(v, fields)).code);
	expect(await post(v, fields), CHANGED);
});

test('a native application: any port of loopback, the verifier for a secret', async () => {
	const redirect_uri = 'http://127.0.0.1:49152/cb', s = said(await user.get(ask({ ...PUBLIC, redirect_uri })));
	const o = { client: null }, own = { client_id: 'native', redirect_uri };
	expect(await redeem(s.code, { ...own, code_verifier: 'w'.repeat(43) }, o), { status: 400, body: refusal('invalid_grant', 'Invalid code verifier') });
	const t = expect(await redeem(s.code, { ...own, code_verifier: verifier }, o), { status: 200 }).json;
	const next = expect(await g.sso('/oauth/token', { client: null, form: { grant_type: 'refresh_token', client_id: 'native', refresh_token: t.refresh_token } }), { status: 200 }).json;
	assert.notEqual(next.refresh_token, t.refresh_token);
});

const S256 = { code_challenge: challenge, code_challenge_method: 'S256' };
const codes = [
	['no code', {}, { code: undefined }, {}, 400, refusal('invalid_request', 'An authorization code must be supplied.')],
	['a wrong code', {}, { code: 'a'.repeat(32) }, {}, 400, refusal('invalid_grant', 'Invalid authorization code')],
	['another redirect', {}, { redirect_uri: 'https://app.example/two' }, {}, 400, refusal('invalid_grant', 'Redirect URI mismatch.')],
	['no redirect', {}, { redirect_uri: undefined }, {}, 400, refusal('invalid_grant', 'Redirect URI mismatch.')],
	['another client', {}, {}, { client: asks }, 401, refusal('invalid_client', 'Client ID mismatch')],
	['no verifier', S256, {}, {}, 400, refusal('invalid_grant', 'PKCE error: Code verifier must be provided for this authorization code.')],
	['a needless verifier', {}, { code_verifier: verifier }, {}, 400, refusal('invalid_grant', 'PKCE error: Code verifier not required for this authorization code.')],
	['a malformed verifier', S256, { code_verifier: 'short' }, {}, 400,
		refusal('invalid_request', 'Code verifier length must between 43 and 128 and use only [A-Z],[a-z],[0-9],_,.,-,~ characters.')],
	['a wrong verifier', S256, { code_verifier: 'w'.repeat(43) }, {}, 400, refusal('invalid_grant', 'Invalid code verifier')],
	['a plain one that is wrong', { code_challenge: verifier }, { code_verifier: 'w'.repeat(43) }, {}, 400, refusal('invalid_grant', 'Invalid code verifier')],
	['a wrong secret', {}, {}, { client: 'web:x' }, 401, refusal('unauthorized', 'Bad credentials')],
];
for (const [what, asked, fields, o, status, body] of codes) {
	test(`the code is refused: ${what}`, async () => {
		const code = await codeFor(asked);
		expect(await redeem(code, fields, o), { status, body });
		const good = asked.code_challenge ? { code_verifier: verifier } : {};
		expect(await redeem(code, good), { status: 200 });       // a mistake costs nobody their code
	});
}

test('a code that comes again ends what came of it', async () => {
	for (const fields of [{}, { token_format: 'opaque' }]) {
		const code = await codeFor({ scope: 'openid' }), t = expect(await redeem(code, fields), { status: 200 }).json;
		const info = (x) => g.sso('/userinfo', { headers: { Authorization: `Bearer ${x.access_token}` } });
		const again = () => g.sso('/oauth/token', { client: web, form: { grant_type: 'refresh_token', refresh_token: t.refresh_token, ...fields } });
		const second = expect(await again(), { status: 200 }).json;
		expect(await info(t), { status: 200 });
		expect(await redeem(code), { status: 400, body: refusal('invalid_grant', 'Invalid authorization code') });
		for (const x of [t, second])
			expect(await info(x), { status: 401 });
		expect(await again(), { status: 401 });
		const fresh = expect(await redeem(await codeFor({ scope: 'openid' })), { status: 200 }).json;
		expect(await info(fresh), { status: 200 });
	}
});

test('pushed requests', async () => {
	const push = (fields, o = { client: web }) => g.sso('/oauth/par', { form: { response_type: 'code', redirect_uri: CB, ...fields }, ...o });
	const r = expect(await push({ state: 'p', scope: 'openid' }), { status: 201, headers: { 'cache-control': 'no-store' } }).json;
	assert.equal(r.expires_in, 300);
	const url = (client_id) => `/oauth/authorize?${form({ client_id, request_uri: r.request_uri })}`;
	expect(await user.get(url('asks')), { status: 400, headers: { location: null } });
	const s = said(await user.get(url('web')));
	assert.equal(s.state, 'p');
	expect(await user.get(url('web')), { status: 400, headers: { location: null } });
	assert.equal(expect(await redeem(s.code), { status: 200 }).json.scope, 'openid');
	const rows = [
		[{ redirect_uri: 'https://evil.example' }, { client: web }, 400, 'invalid_request'],
		[{ response_type: 'token' }, { client: web }, 400, 'unsupported_response_type'],
		[{ request_uri: r.request_uri }, { client: web }, 400, 'request_uri_not_supported'],
		[{}, { client: 'web:x' }, 401, 'unauthorized'],
		[{}, { client: 'nobody:x' }, 401, 'unauthorized'],
		[{}, { client: 'machine:m' }, 400, 'invalid_request'],
	];
	for (const [fields, o, status, error] of rows)
		assert.equal(expect(await push(fields, o), { status }).json.error, error);
	const v = await someone(), again = (await push({ prompt: 'login' })).json.request_uri;
	await sleep(1100);
	const later = (await push({ prompt: 'login' })).json.request_uri;
	assert.ok(again !== later);
	const out = await v.get(`/oauth/authorize?${form({ client_id: 'web', request_uri: later })}`);
	assert.match(out.to, /^\/login\?return_to=/);
	assert.ok(said(await v.get((await v.login({ at: out.to })).to)).code);
});

test('metadata: one document at four addresses, and it holds', async () => {
	const at = ['/.well-known/openid-configuration', '/oauth/token/.well-known/openid-configuration',
		'/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/oauth/token'];
	const all = await Promise.all(at.map((p) => g.sso(p)));
	for (const r of all)
		assert.equal(expect(r, { status: 200 }).text, all[0].text);
	const d = all[0].json;
	assert.deepEqual(Object.keys(d).slice(0, 9), ['issuer', 'authorization_endpoint', 'token_endpoint', 'token_endpoint_auth_methods_supported',
		'token_endpoint_auth_signing_alg_values_supported', 'userinfo_endpoint', 'jwks_uri', 'end_session_endpoint', 'scopes_supported']);
	assert.equal(d.issuer, iss);
	for (const [k, v] of Object.entries(d).filter(([k]) => /_endpoint$|_uri$/.test(k)))
		assert.notEqual((await g.sso(new URL(v).pathname)).status, 404, k);
});

const N = 64, agent = new http.Agent({ keepAlive: true, maxSockets: N });
for (const driver of ['sqlite', 'postgres']) {
	test(`${N} clients redeem one code: ${driver}`, async () => {
		const own = driver === 'sqlite' ? g : await gateway({ set: { store: await postgres() } });
		if (own !== g)
			await client(own, 'web', { ...members, client_secret: 'web-secret', redirect_uri: [CB], autoapprove: true });
		const v = new Visitor(own);
		await v.login();
		for (let round = 0; round < 3; round++) {
			const { code } = said(await v.get(ask()));
			await Promise.all(Array.from({ length: N }, () => own.sso('/healthz', { agent })));
			const all = await Promise.all(Array.from({ length: N }, () => own.sso('/oauth/token', { client: web, agent, timeout: 120000,
				form: { grant_type: 'authorization_code', code, redirect_uri: CB } })));
			const won = all.filter((r) => r.status === 200);
			assert.equal(won.length, 1, `${won.length} won`);
			for (const r of all)
				if (r !== won[0])
					expect(r, { status: 400, body: refusal('invalid_grant', 'Invalid authorization code') });
			expect(await own.sso('/userinfo', { headers: { Authorization: `Bearer ${won[0].json.access_token}` } }), { status: 401 });
		}
	});
}
