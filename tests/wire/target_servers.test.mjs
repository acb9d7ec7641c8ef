// SPDX-License-Identifier: Apache-2.0
// Target servers of an environment in the management API: the object, its defaults, and what is refused.
// Invariant: what GET gives can be PUT back unchanged; an environment sees its own servers only.
// Source: reference 5 (targetservers), clients reference 2.1 and 2.2 (createTargetServer, update = GET then PUT).
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';

const g = await gateway();
const at = '/environments/test/targetservers';
const missing = (name, env = 'test') => ({ status: 404, json: { code: 'messaging.config.beans.TargetServerDoesNotExist', message: `Target server ${name} does not exist in environment ${env}`, contexts: [] } });

test('from POST to DELETE', async () => {
	const one = { host: 'backend.example', isEnabled: true, name: 'first', port: 8080 };
	assert.deepEqual((await g.must(at)).json, []);
	expect(await g.mgmt(at, { body: one }), { status: 201, json: one });
	expect(await g.mgmt(`${at}/first`), { status: 200, json: one });
	assert.deepEqual((await g.must(at)).json, ['first']);
	assert.deepEqual((await g.must('/environments/prod/targetservers')).json, []);
	const ssl = { ciphers: [], clientAuthEnabled: 'false', enabled: 'true', ignoreValidationErrors: true, protocols: [] };
	const more = { ...one, port: 8443, isEnabled: false, sSLInfo: ssl };
	expect(await g.mgmt(`${at}/first`, { method: 'PUT', body: more }), { status: 200, json: more });
	expect(await g.mgmt(`${at}/first`, { method: 'PUT', body: (await g.must(`${at}/first`)).json }), { status: 200, json: more });
	expect(await g.mgmt(`${at}/first`, { method: 'PUT', body: one }), { status: 200, json: one }, 'PUT replaces: no sSLInfo any more');
	expect(await g.mgmt(`${at}/first`, { method: 'DELETE' }), { status: 200, json: one });
	expect(await g.mgmt(`${at}/first`), missing('first'));
});

test('the long and the short spelling of the path', async () => {
	expect(await g.mgmt('/v1/o/acme/e/prod/targetservers', { body: { name: 's', host: 'h', port: '81' } }), { status: 201, json: { host: 'h', isEnabled: true, name: 's', port: 81 } });
	expect(await g.mgmt('/environments/prod/targetservers/s'), { status: 200 });
	expect(await g.mgmt(`${at}/s`), missing('s'));
});

test('XML', async () => {
	const xml = '<TargetServer name="x"><Host>h</Host><Port>80</Port><IsEnabled>true</IsEnabled></TargetServer>';
	expect(await g.mgmt(at, { body: xml, type: 'application/xml' }), { status: 201 });
	expect(await g.mgmt(`${at}/x`), { status: 200, json: { host: 'h', isEnabled: true, name: 'x', port: 80 } });
	expect(await g.mgmt(`${at}/x`, { accept: 'application/xml' }), { status: 200, body: /<TargetServer name="x">[^]*<Host>h<\/Host>[^]*<IsEnabled>true<\/IsEnabled>[^]*<Port>80<\/Port>/ });
});

const refused = [
	['no host', { name: 'a', port: 80 }, /host/],
	['no port', { name: 'a', host: 'h' }, /port/],
	['no name', { host: 'h', port: 80 }, /name/],
	['port 0', { name: 'a', host: 'h', port: 0 }, /port/],
	['port 65536', { name: 'a', host: 'h', port: 65536 }, /port/],
	['a URL for a host', { name: 'a', host: 'http://h/', port: 80 }, /host/],
	['a line break in the host', { name: 'a', host: 'h\r\nX: y', port: 80 }, /host/],
	['a slash in the name', { name: 'a/b', host: 'h', port: 80 }, /name/],
	['an unknown key', { name: 'a', host: 'h', port: 80, wight: 3 }, /wight/],
	['an unknown protocol', { name: 'a', host: 'h', port: 80, protocol: 'EXTERNAL_CALLOUT' }, /protocol/],
];
for (const [what, body, message] of refused) {
	test(`refused: ${what}`, async () => {
		const r = expect(await g.mgmt(at, { body }), { status: 400 }, what);
		assert.match(r.json.message, message);
	});
}

test('unknown, taken, renamed', async () => {
	const one = { name: 'n', host: 'h', port: 80 };
	for (const o of [{}, { method: 'PUT', body: one }, { method: 'DELETE' }])
		expect(await g.mgmt(`${at}/n`, o), missing('n'), o.method);
	expect(await g.mgmt(at, { body: one }), { status: 201 });
	expect(await g.mgmt(at, { body: one }), { status: 409 });
	expect(await g.mgmt(`${at}/n`, { method: 'PUT', body: { ...one, name: 'm' } }), { status: 400 });
	for (const [path, o] of [['', {}], ['', { body: one }], ['/n', {}]])
		expect(await g.mgmt(`/environments/moon/targetservers${path}`, o), { status: 404, body: /EnvironmentDoesNotExist/ });
	expect(await g.mgmt(at, { body: one, auth: null }), { status: 401 });
});
