// SPDX-License-Identifier: Apache-2.0
// openid-client, as it comes from npm, against the service: discovery, code with PKCE, pushed requests, device,
// refresh, userinfo, introspection, revocation.  A script is the browser.
// Invariant: the client is strict, and nothing of it is turned off but the demand for https.
// Source: https://www.npmjs.com/package/openid-client; OpenID Connect Core; RFC 7009, 7662, 8414, 8628, 9126, 9207.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';
import { client } from './sso.mjs';
import { Visitor, forms } from './visitor.mjs';

globalThis.crypto ??= webcrypto; // Node.js 18 has both under this name only
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const o = await import('openid-client').catch(() => null);
const skip = !o && 'the npm packages of the tests are not there: tools/deps test';
const g = await gateway();
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CB = 'https://app.example/cb', LOOP = 'http://127.0.0.1/cb';
const members = { authorized_grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE], scope: ['openid', 'email', 'profile'] };
await client(g, 'web', { ...members, client_secret: 'web-secret', redirect_uri: [CB], authorities: ['uaa.resource'], name: 'Web' });
await client(g, 'native', { ...members, authorized_grant_types: ['authorization_code', 'refresh_token', DEVICE], allowpublic: true, redirect_uri: [LOOP], autoapprove: true });
const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const { ext, key_ops, ...jwk } = await crypto.subtle.exportKey('jwk', pair.publicKey);
await client(g, 'signs', { ...members, redirect_uri: [CB], authorities: ['uaa.resource'], jwks: { keys: [{ ...jwk, kid: 'k1' }] } });
const issuer = new URL(`http://127.0.0.1:${g.ports.sso}/oauth/token`);
const insecure = () => ({ execute: [o.allowInsecureRequests, o.enableNonRepudiationChecks] });
const discover = (id, auth, algorithm) => o.discovery(issuer, id, undefined, auth, { ...insecure(), ...(algorithm ? { algorithm } : {}) });

// From the client's address to where the service leads back: login, then consent when it is asked for.
async function browse(url) {
	const v = new Visitor(g);
	let r = await v.get(url.pathname + url.search);
	if (r.to?.startsWith('/login'))
		r = await v.get((await v.login({ at: r.to })).to);
	const page = r.status === 200 && forms(r.text).find((f) => f.action === '/oauth/authorize');
	if (page) {
		const scopes = Object.fromEntries([...page.html.matchAll(/name="(scope\.\d+)" value="([^"]*)"/g)].map((m) => [m[1], m[2]]));
		r = await v.call(page.action, { fields: { ...page.fields, ...scopes, user_oauth_approval: 'true' } });
	}
	return new URL(r.headers.location);
}

const kinds = [
	['client_secret_basic', 'web', () => o.ClientSecretBasic('web-secret'), CB],
	['client_secret_post, metadata of RFC 8414', 'web', () => o.ClientSecretPost('web-secret'), CB, 'oauth2'],
	['private_key_jwt', 'signs', () => o.PrivateKeyJwt({ key: pair.privateKey, kid: 'k1' }), CB],
	['no secret, a loopback port', 'native', () => o.None(), 'http://127.0.0.1:50123/cb'],
];
for (const [what, id, auth, redirect_uri, algorithm] of kinds) {
	test(`code and PKCE, refresh, userinfo, revocation: ${what}`, { skip }, async () => {
		const config = await discover(id, auth(), algorithm);
		assert.ok(config.serverMetadata().supportsPKCE('S256'));
		const pkceCodeVerifier = o.randomPKCECodeVerifier(), state = o.randomState(), nonce = o.randomNonce();
		const params = { redirect_uri, scope: 'openid email', state, nonce, code_challenge: await o.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' };
		const back = await browse(o.buildAuthorizationUrl(config, params));
		const t = await o.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
		const { sub } = t.claims();
		assert.equal((await o.fetchUserInfo(config, t.access_token, sub)).email, g.user);
		const r = await o.refreshTokenGrant(config, t.refresh_token);
		assert.equal(r.claims().sub, sub);
		await o.tokenRevocation(config, r.refresh_token);
		await assert.rejects(o.fetchUserInfo(config, r.access_token, sub), (e) => e.status === 401);
		await assert.rejects(o.refreshTokenGrant(config, r.refresh_token), (e) => e.status === 401);
	});
}

test('a pushed request, introspection, a client of its own', { skip }, async () => {
	const config = await discover('web', o.ClientSecretBasic('web-secret'));
	const pkceCodeVerifier = o.randomPKCECodeVerifier(), expectedState = o.randomState();
	const url = await o.buildAuthorizationUrlWithPAR(config, { redirect_uri: CB, scope: 'openid', state: expectedState,
		code_challenge: await o.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' });
	assert.match(url.search, /request_uri=urn%3A/);
	const t = await o.authorizationCodeGrant(config, await browse(url), { pkceCodeVerifier, expectedState });
	assert.equal((await o.tokenIntrospection(config, t.access_token)).active, true);
	await o.tokenRevocation(config, t.access_token);
	assert.equal((await o.tokenIntrospection(config, t.access_token)).active, false);
	assert.ok((await o.clientCredentialsGrant(config)).access_token);
});

test('refused at the page: the client is told', { skip }, async () => {
	const config = await discover('web', o.ClientSecretBasic('web-secret')), expectedState = o.randomState();
	const back = await browse(o.buildAuthorizationUrl(config, { redirect_uri: CB, scope: 'openid nothing', state: expectedState }));
	await assert.rejects(o.authorizationCodeGrant(config, back, { expectedState }), (e) => e.error === 'invalid_scope');
});

test('a device', { skip }, async () => {
	const config = await discover('native', o.None());
	const d = await o.initiateDeviceAuthorization(config, { scope: 'openid email' });
	const done = o.pollDeviceAuthorizationGrant(config, d);
	const v = new Visitor(g), url = new URL(d.verification_uri_complete);
	const login = await v.get(url.pathname + url.search), back = await v.login({ at: login.to });
	const asked = await v.get(back.to), fields = forms(asked.text).find((f) => f.action === '/device').fields;
	const consent = forms((await v.call('/device', { fields: { ...fields, user_code: d.user_code } })).text).find((f) => f.action === '/device');
	expect(await v.call('/device', { fields: { ...consent.fields, user_oauth_approval: 'true', 'scope.0': 'openid', 'scope.1': 'email' } }), { status: 200 });
	const t = await done;
	assert.equal(t.claims().user_name, g.user);
	assert.equal((await o.fetchUserInfo(config, t.access_token, t.claims().sub)).email, g.user);
});
