// SPDX-License-Identifier: Apache-2.0
// /Users: making, finding, changing and deleting users, their passwords and status.
// Invariant: a user made here logs in everywhere, one who is gone or inactive nowhere.
// Source: oauth2-service reference, 3.5, 3.10, 4.2.
import assert from 'node:assert/strict';
import test from 'node:test';
import { basic, expect, gateway } from './gateway.mjs';

const g = await gateway();
const admin = await g.ssoAdmin(), [reader, writer] = await Promise.all(['scim.read', 'scim.write'].map((s) => g.ssoAdmin('').then(() => limited(s))));
const call = (path, o) => g.ssoCall(path, { token: admin, ...o });
const wrong = (error, text) => JSON.stringify({ error, message: text, error_description: text });
const PASS = 'a good pass word';
let n = 0;

// A client with one authority alone.
async function limited(scope) {
	await g.ssoCall('/oauth/clients', { token: await g.ssoAdmin(), body: { client_id: scope, client_secret: 's', authorized_grant_types: ['client_credentials'], authorities: [scope] } });
	return g.ssoAdmin('', `${scope}:s`);
}
const body = (name, o) => ({ userName: name, emails: [{ value: name.toLowerCase() }], name: { givenName: 'Ann', familyName: 'Other' }, password: PASS, ...o });
const make = async (o, name = `u${++n}@acme.example`) => expect(await call('/Users', { body: body(name, o) }), { status: 201 }).json;
const login = async (u, password = PASS) => g.login({ username: u.userName, password });
const token = async (u) => expect(await login(u), { status: 200 }).json.access_token;
const put = (u, b, o) => call(`/Users/${u.id}`, { method: 'PUT', headers: { 'If-Match': '*' }, body: b, ...o });

test('a user from making to deletion', async () => {
	const r = expect(await call('/Users', { body: body('First@Acme.Example', { externalId: 'x1', phoneNumbers: [{ value: '555' }], schemas: ['urn:scim:schemas:core:1.0'] }) }),
		{ status: 201, headers: { etag: '"0"' } }), u = r.json;
	assert.deepEqual(Object.keys(u), ['id', 'externalId', 'meta', 'userName', 'name', 'emails', 'groups', 'phoneNumbers', 'active', 'verified', 'machine',
		'origin', 'zoneId', 'passwordLastModified', 'schemas']);
	assert.deepEqual([u.userName, u.emails, u.phoneNumbers, u.name, u.origin, u.zoneId, u.active, u.verified, u.meta.version],
		['first@acme.example', [{ value: 'first@acme.example', primary: true }], [{ value: '555' }], { familyName: 'Other', givenName: 'Ann' }, 'usergrid', 'uaa', true, true, 0]);
	const t = await token(u), claims = JSON.parse(Buffer.from(t.split('.')[1], 'base64url'));
	assert.deepEqual([claims.user_id, claims.user_name, claims.email], [u.id, u.userName, u.userName]);
	assert.equal((await call(`/Users/${u.id}`)).json.lastLogonTime.slice(0, 4), String(new Date().getUTCFullYear()));
	expect(await g.ssoCall(`/Users/${u.id}`, { token: t }), { status: 200 });
	const changed = expect(await put(u, { ...u, name: { givenName: 'Bea' }, phoneNumbers: [] }, { headers: { 'If-Match': '"0"' } }), { status: 200, headers: { etag: '"1"' } }).json;
	assert.deepEqual([changed.name, changed.phoneNumbers, changed.meta.version, changed.externalId], [{ familyName: '', givenName: 'Bea' }, [], 1, 'x1']);
	expect(await call(`/Users/${u.id}`, { method: 'DELETE' }), { status: 200, json: { ...changed, lastLogonTime: changed.lastLogonTime } });
	expect(await call(`/Users/${u.id}`), { status: 404, body: wrong('scim_resource_not_found', `User ${u.id} does not exist`) });
	expect(await g.ssoCall('/Users', { token: t }), { status: 401 });
	expect(await g.mgmt('', { auth: `Bearer ${t}` }), { status: 401 });
	expect(await login(u), { status: 401 });
	await make({}, 'first@acme.example');                          // the name is free again, the old tokens are not hers
	expect(await g.ssoCall('/Users', { token: t }), { status: 401 });
});

const refused = [
	['no name', { userName: undefined }, 400, 'invalid_scim_resource'], ['a name with a space', { userName: 'a b' }, 400, 'invalid_scim_resource'],
	['a long name', { userName: 'x'.repeat(256) }, 400, 'invalid_scim_resource'], ['no e-mail', { emails: undefined }, 400, 'invalid_scim_resource'],
	['two e-mails', { emails: [{ value: 'a@b' }, { value: 'c@d' }] }, 400, 'invalid_scim_resource'], ['an e-mail that is none', { emails: [{ value: 'x' }] }, 400, 'invalid_scim_resource'],
	['e-mails that are no list', { emails: 'a@b' }, 400, 'invalid_scim_resource'], ['two phone numbers', { phoneNumbers: [{ value: '1' }, { value: '2' }] }, 400, 'invalid_scim_resource'],
	['another origin', { origin: 'ldap' }, 400, 'invalid_scim_resource'], ['an unknown key', { colour: 'red' }, 400, 'invalid_scim_resource'],
	['active that is none', { active: 'perhaps' }, 400, 'invalid_scim_resource'], ['a control character', { name: { givenName: 'a\u0007' } }, 400, 'invalid_scim_resource'],
	['a short password', { password: 'short' }, 400, 'invalid_password'], ['a name in use, in other letters', { userName: 'Admin@ACME.example' }, 409, 'scim_resource_already_exists'],
];
for (const [what, o, status, error] of refused)
	test(`no user: ${what}`, async () => {
		const r = expect(await call('/Users', { body: body('refused@acme.example', o) }), { status }).json;
		assert.equal(r.error, error);
		assert.equal(r.message, r.error_description);
		assert.equal((await call('/Users?filter=userName%20eq%20%22refused@acme.example%22')).json.totalResults, 0);
	});

test('scopes', async () => {
	const u = await make(), other = await make(), own = await token(u), B = body('new@acme.example'), any = { 'If-Match': '*' };
	const rows = [
		[undefined, 'GET', '/Users', 401], [own, 'GET', '/Users', 403], [writer, 'GET', '/Users', 403], [reader, 'GET', '/Users', 200],
		[reader, 'POST', '/Users', 403, B], [own, 'POST', '/Users', 403, B], [writer, 'POST', '/Users', 201, B],
		[own, 'GET', `/Users/${u.id}`, 200], [own, 'GET', `/Users/${other.id}`, 403], [writer, 'GET', `/Users/${u.id}`, 403], [own, 'GET', '/Users/nobody', 403],
		[own, 'PUT', `/Users/${other.id}`, 403, other, any], [reader, 'PUT', `/Users/${u.id}`, 403, u, any], [reader, 'PATCH', `/Users/${u.id}`, 403, {}, any],
		[own, 'DELETE', `/Users/${u.id}`, 403], [reader, 'DELETE', `/Users/${u.id}`, 403], [reader, 'PATCH', `/Users/${u.id}/status`, 403, { locked: false }],
		[own, 'PATCH', `/Users/${u.id}/status`, 403, { locked: false }], [reader, 'GET', `/Users/${u.id}/verify`, 403], [writer, 'DELETE', `/Users/${u.id}/mfa`, 403],
		[writer, 'PUT', `/Users/${u.id}/password`, 403, { password: 'x' }], [own, 'PUT', `/Users/${other.id}/password`, 403, { password: 'x' }],
		[admin, 'POST', `/Users/${u.id}`, 405, {}], [admin, 'GET', '/Users/%00', 404],
	];
	for (const [t, method, path, status, b, headers] of rows)
		expect(await g.ssoCall(path, { token: t, method, body: b, headers }), { status }, `${method} ${path}`);
});

test('versions: PUT and PATCH name one', async () => {
	const u = await make();
	const rows = [
		['PUT', undefined, 400], ['PATCH', undefined, 400], ['PUT', 'x', 400], ['PUT', '"-1"', 400], ['PUT', '7', 412], ['PATCH', '"7"', 412],
		['PUT', '0', 200], ['PUT', '0', 412], ['PATCH', '"1"', 200], ['PATCH', '*', 200], ['DELETE', '0', 412], ['DELETE', '3', 200],
	];
	for (const [method, match, status] of rows)
		expect(await call(`/Users/${u.id}`, { method, ...(method === 'DELETE' ? {} : { body: method === 'PUT' ? { ...u } : { name: { givenName: method } } }),
			headers: match === undefined ? {} : { 'If-Match': match } }), { status }, `${method} ${match}`);
	expect(await put(u, u), { status: 404 });
});

test('a patch changes what it names', async () => {
	const u = await make({ externalId: 'e', phoneNumbers: [{ value: '1' }] });
	const patch = async (b) => expect(await call(`/Users/${u.id}`, { method: 'PATCH', headers: { 'If-Match': '*' }, body: b }), { status: 200 }).json;
	assert.deepEqual((await patch({ name: { familyName: 'New' } })).name, { familyName: 'New', givenName: 'Ann' });
	const cleared = await patch({ meta: { attributes: ['phoneNumbers', 'externalId', 'name.givenName'] } });
	assert.deepEqual([cleared.phoneNumbers, cleared.externalId, cleared.name.givenName, cleared.active], [[], undefined, '', true]);
	for (const b of [{ meta: { attributes: ['userName'] } }, { userName: 'two words' }, { password: PASS }, { id: 1, colour: 2 }])
		expect(await call(`/Users/${u.id}`, { method: 'PATCH', headers: { 'If-Match': '*' }, body: b }), { status: 400 }, JSON.stringify(b));
});

test('one\'s own name and nothing else', async () => {
	const u = await make(), own = await token(u);
	const patch = (b) => g.ssoCall(`/Users/${u.id}`, { token: own, method: 'PATCH', headers: { 'If-Match': '*' }, body: b });
	assert.equal(expect(await patch({ name: { givenName: 'Me' }, phoneNumbers: [{ value: '9' }] }), { status: 200 }).json.name.givenName, 'Me');
	for (const b of [{ emails: [{ value: 'boss@acme.example' }] }, { active: false }, { verified: false }, { machine: true }, { externalId: 'x' }])
		assert.equal(expect(await patch(b), { status: 403 }).json.error, 'invalid_self_edit', JSON.stringify(b));
});

test('a new name: by an administrator, with roles and second factor, and the tokens of before are dead', async () => {
	const u = await make({ phoneNumbers: [{ value: '1' }] }), other = await make(), t = await token(u), userName = 'Re.Named@acme.example', to = { ...u, userName };
	const own = { token: t, method: 'PUT', headers: { 'If-Match': '*' }, body: to };
	assert.equal(expect(await g.ssoCall(`/Users/${u.id}`, own), { status: 403 }).json.error, 'invalid_self_edit');
	assert.equal(expect(await put(u, { ...u, userName: other.userName.toUpperCase() }), { status: 409 }).json.message, `Username already in use: ${other.userName.toUpperCase()}`);
	expect(await login(u), { status: 200 });                       // a name in use changed nothing
	const now = expect(await put(u, to), { status: 200 }).json;
	assert.deepEqual([now.id, now.userName, now.phoneNumbers, now.meta.version, now.meta.created], [u.id, userName.toLowerCase(), u.phoneNumbers, 1, u.meta.created]);
	expect(await g.ssoCall(`/Users/${u.id}`, { token: t }), { status: 401 });
	expect(await login(u), { status: 401 });
	assert.equal(JSON.parse(Buffer.from((await token(now)).split('.')[1], 'base64url')).user_name, now.userName);
	const back = await call(`/Users/${u.id}`, { method: 'PATCH', headers: { 'If-Match': '"1"' }, body: { userName: u.userName } });
	assert.equal(expect(back, { status: 200 }).json.userName, u.userName);
	expect(await login(u), { status: 200 });
});

test('who is made inactive is out at once', async () => {
	const u = await make(), t = await token(u), refresh = (await login(u)).json.refresh_token;
	expect(await put(u, { ...u, active: false }), { status: 200 });
	expect(await g.ssoCall(`/Users/${u.id}`, { token: t }), { status: 401 });
	expect(await g.mgmt('', { auth: `Bearer ${t}` }), { status: 401 });
	expect(await g.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: refresh } }), { status: 401 });
	expect(await login(u), { status: 401 });
	expect(await put(u, u), { status: 200 });
	expect(await g.ssoCall(`/Users/${u.id}`, { token: t }), { status: 401 });
	expect(await login(u), { status: 200 });
});

test('passwords: one\'s own by the old one, anybody\'s by an administrator', async () => {
	const u = await make(), t = await token(u), NEW = 'quite another one';
	const change = (b, tk) => g.ssoCall(`/Users/${u.id}/password`, { token: tk, method: 'PUT', body: b });
	const same = wrong('invalid_password', 'Your new password cannot be the same as the old password.');
	const rows = [
		[{ password: NEW }, t, 401], [{ oldPassword: 'nope', password: NEW }, t, 401], [{ oldPassword: PASS }, t, 400], [{ oldPassword: PASS, password: 7 }, t, 400],
		[{ oldPassword: PASS, password: 'short' }, t, 422, wrong('invalid_password', 'Password must be at least 8 characters in length.')],
		[{ oldPassword: PASS, password: PASS }, t, 422, same], [{ password: PASS }, admin, 422, same],
		[{ oldPassword: PASS, password: NEW }, t, 200, '{"status":"ok","message":"password updated"}'], [{ oldPassword: NEW, password: PASS }, t, 401],
	];
	for (const [b, tk, status, text] of rows)
		expect(await change(b, tk), { status, ...(text ? { body: text } : {}) }, JSON.stringify(b));
	expect(await login(u), { status: 401 });
	expect(await login(u, NEW), { status: 200 });
	expect(await change({ password: PASS }, admin), { status: 200 });
	expect(await login(u), { status: 200 });
	expect(await call('/Users/nobody/password', { method: 'PUT', body: { password: NEW } }), { status: 404 });
});

test('guessing the old password locks', async () => {
	const u = await make(), t = await token(u);
	const guess = () => g.ssoCall(`/Users/${u.id}/password`, { token: t, method: 'PUT', body: { oldPassword: 'wrong', password: 'a new pass word' } });
	for (let i = 0; i < 5; i++)
		expect(await guess(), { status: 401, body: /Old password is incorrect/ });
	expect(await guess(), { status: 401, body: /account has been locked/ });
	expect(await login(u), { status: 401, body: /account has been locked/ });
	expect(await call(`/Users/${u.id}/status`, { method: 'PATCH', body: { locked: false } }), { status: 200, body: '{"locked":false}' });
	expect(await login(u), { status: 200 });
});

test('status and verification', async () => {
	const u = await make({ verified: false });
	const status = (b, id = u.id) => call(`/Users/${id}/status`, { method: 'PATCH', body: b });
	expect(await login(u), { status: 403, body: /Account not verified/ });
	assert.equal(expect(await call(`/Users/${u.id}/verify`), { status: 200 }).json.verified, true);
	expect(await login(u), { status: 200 });
	for (const b of [{}, { locked: true }, { locked: 'no' }, { passwordChangeRequired: false }, { locked: false, x: 1 }, []])
		expect(await status(b), { status: 400 }, JSON.stringify(b));
	expect(await status({ locked: false, passwordChangeRequired: true }), { status: 200, body: '{"locked":false,"passwordChangeRequired":true}' });
	expect(await login(u), { status: 401, body: /password change required/ });
	for (const path of ['/Users/nobody/verify'])
		expect(await call(path), { status: 404 });
	expect(await status({ locked: false }, 'nobody'), { status: 404 });
	expect(await call('/Users/nobody/mfa', { method: 'DELETE' }), { status: 404 });
	expect(await call(`/Users/${u.id}/mfa`, { method: 'DELETE' }), { status: 200 });
});

test('a machine user is a user without a second factor, with roles like any', async () => {
	const u = await make({ machine: true });
	assert.equal(u.machine, true);
	expect(await g.mgmt('', { auth: basic(u.userName, PASS) }), { status: 403 });  // known, and without a role
});

// ---- lists ----
const found = async (filter, rest = '') => (expect(await call(`/Users?filter=${encodeURIComponent(filter)}${rest}`), { status: 200 }).json.resources.map((u) => u.userName));
test('filters', async () => {
	for (const [name, o] of [['f-amy', { externalId: 'X', active: false }], ['f-bob', { name: { familyName: 'Zed' } }], ['f-cyd', { verified: false, phoneNumbers: [{ value: '1' }] }]])
		await make(o, `${name}@filter.example`);
	const all = ['f-amy', 'f-bob', 'f-cyd'].map((u) => `${u}@filter.example`), F = 'userName co "@filter."', only = (...i) => i.map((k) => all[k]);
	const rows = [
		[F, all], ['USERNAME CO "@FILTER."', all], [`${F} and active eq true`, only(1, 2)], [`${F} and active eq false`, only(0)], [`${F} and verified eq false`, only(2)],
		['userName eq "F-BOB@filter.example"', only(1)], ['emails.value eq "F-BOB@Filter.example"', only(1)], [`email eq "${all[0]}" and active eq false`, only(0)],
		[`userName eq "${all[0]}" and userName eq "${all[1]}"`, []], [`userName eq "${all[0]}" and active eq true`, []], [`active eq false and (verified eq true and userName eq "${all[0]}")`, only(0)],
		[`userName eq "${all[0]}" or email eq "${all[2]}"`, only(0, 2)], [`origin eq "USERGRID" and userName eq "${all[0]}"`, only(0)], [`origin eq "ldap" and ${F}`, []],
		['id eq "nobody"', []], [`${F} and externalId eq "X"`, only(0)], [`${F} and externalId eq "x"`, []], [`${F} and externalId pr`, only(0)],
		['userName sw "f-" and (familyName eq "zed" or phoneNumbers.value pr)', only(1, 2)], [`${F} and userName gt "f-b" and userName lt "f-c"`, only(1)],
		[`${F} and userName ge "f-bob@filter.example"`, only(1, 2)], [`${F} and userName le "f-amy@filter.example"`, only(0)],
		[`${F} and meta.created gt "2020-01-01T00:00:00.000Z"`, all], [`${F} and meta.lastModified lt "2020-01-01T00:00:00Z"`, []], [`${F} and meta.version eq 0`, all],
		[`${F} and lastLogonTime pr`, []], ['userName eq "a" or userName eq "f-amy@filter.example" and active eq true', []], ['userName eq "\\"" or userName co "\\\\"', []],
		[`${F} and emails.value sw "f-a" and name.givenName eq "ann" and origin eq "usergrid" and id pr`, only(0)],
	];
	for (const [filter, want] of rows)
		assert.deepEqual(await found(filter), want, filter);
	const { id } = (await call(`/Users?filter=${encodeURIComponent(`userName eq "${all[1]}"`)}`)).json.resources[0];
	for (const [filter, want] of [[`id eq "${id}"`, only(1)], [`id eq "${id.toUpperCase()}"`, []], [`${F} and id eq "${id}"`, only(1)], [`id eq "${id}" and active eq false`, []]])
		assert.deepEqual(await found(filter), want, filter);
	assert.deepEqual(await found(`id eq "${id}"`, '&startIndex=2&sortBy=id'), []);
	assert.deepEqual(await found(F, '&sortBy=userName&sortOrder=descending'), [...all].reverse());
	assert.deepEqual(await found(F, '&sortBy=familyName&count=1&startIndex=3'), only(1));
	assert.deepEqual(await found(F, '&count=2'), only(0, 1));
	assert.deepEqual(await found(F, '&startIndex=3'), only(2));
	assert.deepEqual(await found(F, '&startIndex=9'), []);
	const page = (await call(`/Users?filter=${encodeURIComponent(F)}&count=1&startIndex=2&attributes=userName,name.givenName`)).json;
	assert.deepEqual(page, { resources: [{ userName: all[1], name: { familyName: 'Zed', givenName: '' } }], startIndex: 2, itemsPerPage: 1, totalResults: 3,
		schemas: ['urn:scim:schemas:core:1.0'] });
});

const hostile = ['userName', 'userName eq', 'userName eq x', 'userName eq "x', 'userName like "x"', 'password pr', 'password eq "x"', 'eq "x"', '(userName pr', 'userName pr)',
	'userName pr and', 'userName pr or or userName pr', 'active gt true', 'active eq "maybe"', 'active eq 1', 'active co "t"', 'meta.created gt "yesterday"',
	'meta.created gt "2026-02-31T00:00:00.000Z"', 'meta.version eq "0"', 'meta.version eq 99999999999999999999', 'userName eq "\\n"', "userName eq 'x'", 'userName eq "x" ; drop',
	'not (userName pr)', '('.repeat(11) + 'id pr' + ')'.repeat(11), Array(65).fill('id pr').join(' or '), `id eq "${'x'.repeat(2048)}"`];
for (const filter of hostile)
	test(`no filter: ${filter.slice(0, 50)}`, async () => {
		const r = expect(await call(`/Users?filter=${encodeURIComponent(filter)}`), { status: 400 }).json;
		assert.equal(r.error, 'invalid_scim_resource');
		assert.match(r.message, /^Invalid filter expression: \[/);
		assert.ok(r.message.length < 200);
	});
test('no sort', async () => { expect(await call('/Users?sortBy=password'), { status: 400, body: /Invalid sort expression/ }); });
