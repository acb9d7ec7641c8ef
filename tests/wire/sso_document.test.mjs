// SPDX-License-Identifier: Apache-2.0
// The curl calls of the service's document, word for word save scheme, host and port, run by a shell; the JWT they
// get, checked by a library of others with the key of /token_key.
// Invariant: of a call, only https://login.apigee.com and the refresh token's place-holder are put in.
// Source: the service's document (Edge OAuth2 service); https://github.com/panva/jose, as Debian has it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import test from 'node:test';
import { promisify } from 'node:util';
import { expect, gateway } from './gateway.mjs';
import { BAD, BAD_CODE, SECRET, part, seed, settledHalfMinute, totp } from './sso.mjs';

const jose = createRequire('/usr/share/nodejs/')('/usr/share/nodejs/jose'); // tools/deps test installs it
const PASSWORD = 'mypassw0rd', USER = 'ahamilton@example.com';
const g = await gateway();
await seed(g, [`user ${USER} ${PASSWORD}`]);

const CALLS = {
	password: String.raw`curl -H "Content-Type:application/x-www-form-urlencoded;charset=utf-8" \
  -H "Accept: application/json;charset=utf-8" \
  -H "Authorization: Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0" \
  -X POST https://login.apigee.com/oauth/token \
  -d 'username=ahamilton@example.com&password=mypassw0rd&grant_type=password'`,
	mfa: String.raw`curl -H "Content-Type:application/x-www-form-urlencoded;charset=utf-8" \
  -H "Accept: application/json;charset=utf-8" \
  -H "Authorization: Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0" \
  -X POST https://login.apigee.com/oauth/token?mfa_token=424242 \
  -d 'username=ahamilton@example.com&password=mypassw0rd&grant_type=password'`,
	refresh: String.raw`curl -H "Content-Type:application/x-www-form-urlencoded;charset=utf-8" -H "Accept: application/json;charset=utf-8" \
  -H "Authorization: Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0" \
  -X POST https://login.apigee.com/oauth/token \
  -d 'grant_type=refresh_token&refresh_token=YOUR_REFRESH_TOKEN'`,
};
const run = async (call, words = {}) => {
	let text = call.replace('https://login.apigee.com', `http://127.0.0.1:${g.ports.sso}`);
	for (const [word, value] of Object.entries(words))
		text = text.replace(word, value);
	return (await promisify(execFile)('sh', ['-c', text])).stdout;
};

// What the document's example answers, place by place.
const ANSWER = new RegExp('^\\{"access_token":"([\\w-]+\\.[\\w-]+\\.[\\w-]+)","token_type":"bearer","refresh_token":"([\\w-]+\\.[\\w-]+\\.[\\w-]+)",' +
	'"expires_in":1799,"scope":"scim\\.me openid password\\.write approvals\\.me oauth\\.approvals","jti":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"\\}$');
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', LIST = '\\["edgecli","scim","openid","password","approvals","oauth"\\]',
	SCOPE = '\\["scim\\.me","openid","password\\.write","approvals\\.me","oauth\\.approvals"\\]', ISSUER = 'http://127\\.0\\.0\\.1:\\d+/oauth/token';
const ACCESS = new RegExp(`^\\{"jti":"${UUID}","sub":"(${UUID})","scope":${SCOPE},"client_id":"edgecli","cid":"edgecli","azp":"edgecli","grant_type":"password",` +
	`"user_id":"\\1","origin":"usergrid","user_name":"${USER}","email":"${USER}","auth_time":(\\d+),"al":2,"rev_sig":"([0-9a-f]{1,8})","iat":\\d+,"exp":\\d+,` +
	`"iss":"${ISSUER}","zid":"uaa","aud":${LIST}\\}$`);
const REFRESH = new RegExp(`^\\{"jti":"${UUID}-r","sub":"(${UUID})","scope":${SCOPE},"iat":\\d+,"exp":\\d+,"cid":"edgecli","client_id":"edgecli","iss":"${ISSUER}",` +
	`"zid":"uaa","grant_type":"password","user_name":"${USER}","origin":"usergrid","user_id":"\\1","al":2,"rev_sig":"([0-9a-f]{1,8})","aud":${LIST}\\}$`);

async function verified(jwt) {
	const key = (await g.sso('/token_key')).json;
	const keys = [await jose.importJWK(key, 'RS256'), await jose.importSPKI(key.value, 'RS256')];
	for (const k of keys)
		await jose.jwtVerify(jwt, k, { issuer: `http://127.0.0.1:${g.ports.sso}/oauth/token`, audience: 'edgecli', algorithms: ['RS256'] });
	await assert.rejects(jose.jwtVerify(jwt.slice(0, -8) + (jwt.at(-8) === 'A' ? 'B' : 'A') + jwt.slice(-7), keys[0]));
}

test('a new token; and the same again, refreshed', async () => {
	const [, access, refresh, jti] = ANSWER.exec(await run(CALLS.password)) ?? assert.fail('not the answer of the document');
	for (const [jwt, shape] of [[access, ACCESS], [refresh, REFRESH]]) {
		assert.equal(part(jwt, 0), '{"alg":"RS256"}');
		assert.match(part(jwt, 1), shape);
		assert.equal(Buffer.from(jwt.split('.')[2], 'base64url').length, 256);
		await verified(jwt);
	}
	assert.ok(part(access, 1).startsWith(`{"jti":"${jti}",`));
	expect(await g.mgmt('', { auth: `Bearer ${access}` }), { status: 403 });         // known, without a role
	const again = ANSWER.exec(await run(CALLS.refresh, { YOUR_REFRESH_TOKEN: refresh })) ?? assert.fail('not the answer of the document');
	assert.equal(again[2], refresh);
	assert.match(part(again[1], 1), ACCESS);
	await verified(again[1]);
});

test('with a second factor; without it, and with a code that is none', async () => {
	await seed(g, [`totp ${USER} ${SECRET}`]);
	await settledHalfMinute();
	assert.equal(await run(CALLS.password), BAD_CODE);
	const code = totp();
	if (![-1, 0, 1].some((n) => totp(SECRET, Date.now() + n * 30000) === '424242'))
		assert.equal(await run(CALLS.mfa), BAD_CODE);
	assert.match(await run(CALLS.mfa, { 424242: code }), ANSWER);
	assert.equal(await run(CALLS.mfa, { 424242: code }), BAD_CODE);                  // once
});

test('the answer to wrong credentials: of the client, of the user, of both', async () => {
	for (const words of [{ ZWRnZWNsaTplZGdlY2xpc2VjcmV0: 'ZWRnZWNsaTp4' }, { mypassw0rd: 'x' }, { 'ahamilton@': 'nobody@' }])
		assert.equal(await run(CALLS.password, words), BAD);
});
