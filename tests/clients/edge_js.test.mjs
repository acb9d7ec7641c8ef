// SPDX-License-Identifier: Apache-2.0
// apigee-edge-js and apigeetool, unmodified: log in by password, by passcode and with a second factor, refresh, read the
// organization; list proxies with the token.
// Invariant: the clients know two addresses and credentials, nothing else of us.
// Source: https://www.npmjs.com/package/apigee-edge-js, https://www.npmjs.com/package/apigeetool.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { expect, folder, gateway, root } from '../wire/gateway.mjs';
import { SECRET, claims, seed, settledHalfMinute, totp } from '../wire/sso.mjs';

const modules = join(root, 'tests/node_modules');
const skip = !existsSync(join(modules, 'apigee-edge-js')) && 'the npm packages of the tests are not there: tools/deps test';
process.env.HOME = folder();                             // it keeps its tokens there
const { apigee } = skip ? {} : createRequire(import.meta.url)('apigee-edge-js');
const PASSWORD = 'second-Passw0rd', USER = 'second@example.com', PASSCODE = 'k3Jh8Qz2Lm';

const g = await gateway();
await seed(g, [`user ${USER} ${PASSWORD}`, `totp ${USER} ${SECRET}`, `role ${USER} orgadmin`, `passcode ${g.user} ${PASSCODE}`]);
await g.put('listed', { 'apiproxy/listed.xml': '<APIProxy name="listed"/>', 'apiproxy/proxies/default.xml':
	'<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/listed</BasePath></HTTPProxyConnection><RouteRule name="none"/></ProxyEndpoint>' });
const addresses = { org: 'acme', mgmtServer: `http://127.0.0.1:${g.ports.management}`, ssoUrl: `http://127.0.0.1:${g.ports.sso}` };
const connect = (o) => apigee.connect({ ...addresses, ...o });
const stored = (org) => org.conn.getExistingToken();
const reads = async (org) => {
	const o = await org.get();
	assert.equal(o.name, 'acme');
	assert.deepEqual(o.environments.sort(), ['prod', 'test']);
	assert.ok((await org.proxies.get()).includes('listed'));
};

const logins = [
	['by password', async () => ({ user: g.user, password: g.pass }), () => g.user],
	['with a second factor', async () => (await settledHalfMinute(), { user: USER, password: PASSWORD, mfa_token: totp() }), () => USER],
	['by passcode', async () => ({ user: g.user, passcode: PASSCODE }), () => g.user],
];
for (const [what, credentials, who] of logins) {
	test(`apigee-edge-js: ${what}: a token, the organization, a refresh`, { skip }, async () => {
		const org = await connect({ ...await credentials(), forcenew: true });    // no token that it kept
		const first = await stored(org);
		assert.equal(claims(first.access_token).user_name, who());
		await reads(org);
		const second = await org.conn.refreshToken();
		assert.notEqual(second.access_token, first.access_token);
		assert.equal(second.refresh_token, first.refresh_token);
		await reads(org);
		assert.equal(org.conn.requestHeaders.authorization, `Bearer ${second.access_token}`);
	});
}

const refused = [
	['a wrong password', { user: g.user, password: 'x' }], ['no code', { user: USER, password: PASSWORD }],
	['a wrong code', { user: USER, password: PASSWORD, mfa_token: '000000' }], ['a spent passcode', { user: g.user, passcode: PASSCODE }],
];
for (const [what, o] of refused)
	test(`apigee-edge-js: refused: ${what}`, { skip }, () => assert.rejects(connect({ ...o, forcenew: true }), /bad status: 401/));

test('apigeetool --token lists proxies', { skip }, async () => {
	const { access_token } = expect(await g.login(), { status: 200 }).json;
	const tool = async (token) => (await promisify(execFile)(process.execPath,
		[join(modules, 'apigeetool/lib/cli.js'), 'listProxies', '-o', 'acme', '-L', addresses.mgmtServer, '--token', token, '--json'])).stdout;
	assert.ok(JSON.parse(await tool(access_token)).includes('listed'));
	await assert.rejects(tool(`${access_token}x`), /401|nvalid|credentials/);
});
after(() => g.stop());
