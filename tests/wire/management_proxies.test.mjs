// SPDX-License-Identifier: Apache-2.0
// API proxies: import of real zips, revisions, their pieces one by one, export.
// Invariant: every file comes back byte for byte; revision numbers are the highest plus one.
// Source: reference 5.6, 3.1; clients reference 2.1 (deployproxy uploads in pieces), 4.7 (dirt).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { bundle, expect, files, gateway, mark, proxy, proxyEndpoint, root, say, targetEndpoint, unzip } from './gateway.mjs';

const g = await gateway();
const XML = { type: 'application/xml' };
const same = (got, want) => {
	assert.deepEqual(Object.keys(got).sort(), Object.keys(want).sort());
	for (const [name, data] of Object.entries(want))
		assert.ok(got[name].equals(Buffer.from(data)), `${name} changed`);
};
const exported = async (name, revision = 1, kind = 'apis') => unzip(expect(await g.mgmt(`/${kind}/${name}/revisions/${revision}?format=bundle`),
	{ status: 200, headers: { 'content-type': /^application\/(octet-stream|zip)/, 'content-disposition': /^attachment/ } }).bytes);

const odd = {
	'apiproxy/odd.xml': '\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<!-- licence\r\n -->\r\n<APIProxy revision="3" name="odd">\r\n</APIProxy>\r\n\r\n',
	'apiproxy/proxies/default.xml': `<!-- before the root -->\n${proxyEndpoint({ base: '/odd', post: { response: ['text'] } })}\n<!-- after -->`,
	'apiproxy/policies/file-name.xml': '<?xml version="1.0"?>\n<AssignMessage\n  name="text"><Set><Payload contentType="text/plain"><![CDATA[<odd> & ]]>ends</Payload></Set></AssignMessage>',
	'apiproxy/resources/jsc/lib/unused.js': 'var x = "\u00e9";\r\n', 'apiproxy/resources/jsc/empty.js': '',
	'apiproxy/resources/properties/p.properties': Buffer.from([0xff, 0xfe, 0, 1, 2, 13, 10]), 'apiproxy/resources/xsl/big.xsl': Buffer.alloc(300000, 'abcdefg'),
	'apiproxy/manifests/manifest.xml': '<Manifest name="manifest"/>',
};

test('odd bundles', async (t) => {
	await t.test('export gives back every byte', async () => {
		await g.put('odd', odd);
		same(await exported('odd'), odd);
		expect(await g.call('/odd'), { status: 200, body: '<odd> & ends' });
	});
	const dirt = [
		['a leading folder', (f) => Object.fromEntries(Object.entries(f).map(([k, v]) => [`my-proxy-1.0/${k}`, v]))],
		['__MACOSX and ._ files', (f) => ({ '__MACOSX/apiproxy/._odd.xml': Buffer.from([0, 5, 22, 7]), ...f, 'apiproxy/policies/._file-name.xml': Buffer.from([0, 5, 22, 7]), 'apiproxy/.DS_Store': 'x' })],
		['folder entries', (f) => ({ 'apiproxy/': { data: '', mode: 0o40755 }, 'apiproxy/policies/': { data: '', mode: 0o40755 }, ...f })],
		['stored, not packed', (f) => Object.fromEntries(Object.entries(f).map(([k, v]) => [k, { data: v, store: true }]))],
		['a README beside', (f) => ({ 'README.md': '# hi', ...f })],
	];
	for (const [i, [what, change]] of dirt.entries()) {
		await t.test(what, async () => {
			const name = `dirt${i}`;
			const mine = Object.fromEntries(Object.entries(odd).map(([k, v]) => [k.replace('odd.xml', `${name}.xml`), typeof v === 'string' ? v.replaceAll('odd', name) : v]));
			await g.put(name, change(mine));
			expect(await g.call(`/${name}`), { status: 200 });
			same(await exported(name), mine);
		});
	}
	await t.test('no manifest lists, elements in any order', async () => {
		await g.put('bare', { 'apiproxy/bare.xml': '<APIProxy name="bare"/>', 'apiproxy/proxies/default.xml': proxyEndpoint({ base: '/bare' }) });
		expect(await g.call('/bare'), { status: 200, body: '' });
	});
	await t.test('as multipart/form-data', async () => {
		const b = '----wire', zip = bundle(proxy('multi', {}));
		const body = Buffer.concat([Buffer.from(`--${b}\r\nContent-Disposition: form-data; name="file"; filename="multi.zip"\r\nContent-Type: application/octet-stream\r\n\r\n`), zip, Buffer.from(`\r\n--${b}--\r\n`)]);
		const r = expect(await g.mgmt('/apis?action=import&name=multi', { body, type: `multipart/form-data; boundary=${b}` }), { status: 201 });
		assert.equal(r.json.name, 'multi');
		same(await exported('multi'), proxy('multi', {}));
	});
});

test('revisions', async (t) => {
	const rev = proxy('rev', { policies: { a: mark('x', '1') }, target: 'http://127.0.0.1:1' });
	for (const revision of ['1', '2', '3'])
		assert.equal(expect(await g.import('rev', bundle(rev)), { status: 201 }).json.revision, revision);
	await t.test('lists', async () => {
		assert.deepEqual((await g.must('/apis/rev/revisions')).json, ['1', '2', '3']);
		const a = (await g.must('/apis/rev')).json;
		assert.deepEqual([a.name, a.revision, Object.keys(a.metaData).sort()], ['rev', ['1', '2', '3'], ['createdAt', 'createdBy', 'lastModifiedAt', 'lastModifiedBy', 'subType']]);
		assert.ok((await g.must('/apis')).json.includes('rev'));
	});
	await t.test('one', async () => {
		const r = (await g.must('/apis/rev/revisions/1')).json;
		assert.deepEqual([r.name, r.revision, r.basepaths, r.policies, r.proxyEndpoints, r.targetEndpoints, r.resources, r.type], ['rev', '1', ['/rev'], ['a'], ['default'], ['default'], [], 'Application']);
		assert.deepEqual(r.configurationVersion, { majorVersion: 4, minorVersion: 0 });
	});
	await t.test('the highest plus one, also after a deletion', async () => {
		expect(await g.mgmt('/apis/rev/revisions/2', { method: 'DELETE' }), { status: 200 });
		assert.deepEqual((await g.must('/apis/rev/revisions')).json, ['1', '3']);
		expect(await g.mgmt('/apis/rev/revisions/2'), { status: 404 });
		assert.equal((await g.import('rev', bundle(rev))).json.revision, '4');
	});
	await t.test('an empty one by name', async () => {
		const r = expect(await g.mgmt('/apis', { body: { name: 'hollow' } }), { status: 201 }).json;
		assert.deepEqual([r.name, r.revision], ['hollow', '1']);
	});
	await t.test('deleted with all', async () => {
		expect(await g.mgmt('/apis/rev', { method: 'DELETE' }), { status: 200 });
		expect(await g.mgmt('/apis/rev'), { status: 404 });
		assert.equal((await g.import('rev', bundle(rev))).json.revision, '1');
	});
});

test('in pieces, as apigeetool does it', async (t) => {
	expect(await g.import('pieces', bundle({ 'apiproxy/pieces.xml': '<APIProxy name="pieces"/>' }), { validate: false }), { status: 201 });
	const R = '/apis/pieces/revisions/1';
	const policy = mark('x-piece', '1').replace('<AssignMessage', '<AssignMessage name="mark"');
	const endpoint = proxyEndpoint({ base: '/pieces', pre: { response: ['mark'] } });
	await t.test('four at once', async () => {
		const all = await Promise.all([
			g.mgmt(`${R}/resources?type=jsc&name=x.js`, { body: 'var a = 1;', type: 'application/octet-stream' }), g.mgmt(`${R}/policies`, { body: policy, ...XML }),
			g.mgmt(`${R}/targets?name=default`, { body: targetEndpoint({ url: 'http://127.0.0.1:1' }), ...XML }), g.mgmt(`${R}/proxies?name=default`, { body: endpoint, ...XML }),
		]);
		for (const r of all)
			expect(r, { status: [200, 201] });
	});
	await t.test('they are there', async () => {
		assert.deepEqual((await g.must(`${R}/policies`)).json, ['mark']);
		assert.deepEqual((await g.must(`${R}/proxies`)).json, ['default']);
		assert.deepEqual((await g.must(`${R}/targets`)).json, ['default']);
		const resources = (await g.must(`${R}/resourcefiles`)).json;
		assert.deepEqual(resources, { resourceFile: [{ name: 'x.js', type: 'jsc' }] });
		same(await exported('pieces'), { 'apiproxy/pieces.xml': '<APIProxy name="pieces"/>', 'apiproxy/policies/mark.xml': policy, 'apiproxy/proxies/default.xml': endpoint,
			'apiproxy/targets/default.xml': targetEndpoint({ url: 'http://127.0.0.1:1' }), 'apiproxy/resources/jsc/x.js': 'var a = 1;' });
	});
	await t.test('what apigeetool asks after a deploy', async () => {
		const d = await g.must('/environments/test/apis/pieces/revisions/1/deployments', { body: 'action=deploy&override=true&delay=60', type: 'application/x-www-form-urlencoded' }, [200]);
		assert.ok(Array.isArray(d.json.server) && d.json.server.every((s) => s.status === 'deployed'));
		const e = (await g.must(`${R}/proxies/default`)).json;
		assert.deepEqual([e.connection.basePath, e.connection.virtualHost], ['/pieces', ['default']]);
	});
	await t.test('one policy: read, changed, deleted', async () => {
		expect(await g.mgmt(`${R}/policies/mark`, { accept: 'application/xml' }), { status: 200, body: policy });
		assert.equal((await g.must(`${R}/policies/mark`)).json.name, 'mark');
		expect(await g.mgmt(`${R}/policies`, { body: policy, ...XML }), { status: 409 });
		const other = policy.replace('>1<', '>2<');
		expect(await g.mgmt(`${R}/policies/mark`, { method: 'PUT', body: other, ...XML }), { status: 200 });
		expect(await g.mgmt(`${R}/policies/mark`, { accept: 'application/xml' }), { body: other });
		expect(await g.mgmt(`${R}/policies/none`), { status: 404 });
		expect(await g.mgmt(`${R}/policies/none`, { method: 'DELETE' }), { status: 404 });
		expect(await g.mgmt(`${R}/policies`, { body: say('x').replace('<AssignMessage', '<AssignMessage name="gone"'), ...XML }), { status: 201 });
		expect(await g.mgmt(`${R}/policies/gone`, { method: 'DELETE' }), { status: 200 });
		assert.deepEqual((await g.must(`${R}/policies`)).json, ['mark']);
	});
});

test('refused while deployed, gone afterwards', async () => {
	await g.proxy('held', {});
	for (const path of ['/apis/held', '/apis/held/revisions/1']) {
		const r = expect(await g.mgmt(path, { method: 'DELETE' }), { status: [400, 409] });
		assert.match(r.json.message, /deployed/i);
	}
	expect(await g.undeploy('held', 1), { status: 200 });
	expect(await g.call('/held'), { status: 404 });
	expect(await g.mgmt('/apis/held', { method: 'DELETE' }), { status: 200 });
});

// validate=true refuses what would not deploy; without it the import takes it and the deploy refuses
const unresolved = [
	['a step without its policy', proxy('u', { pre: { request: ['nowhere'] } }), /nowhere/], ['a route without its target', proxy('u', { routes: [{ name: 'r', target: 'nowhere' }] }), /nowhere/],
	['no proxy endpoint', { 'apiproxy/u.xml': '<APIProxy name="u"/>' }, /endpoint/i],
];
for (const [i, [what, files, message]] of unresolved.entries()) {
	test(`unresolved: ${what}`, async () => {
		const name = `unresolved${i}`, zip = bundle(files);
		expect(await g.import(name, zip, { validate: true }), { status: 400, body: message });
		expect(await g.mgmt(`/apis/${name}`), { status: 404 });
		expect(await g.import(name, zip), { status: 201 });
		expect(await g.deploy(name, 1), { status: 400, body: message });
	});
}

test('the bundles that every organization starts with come back as they lie in bundles/', async () => {
	for (const name of ['oauth', 'helloworld']) {
		const base = join(root, 'bundles', name);
		if (!existsSync(base))
			continue;
		const want = Object.fromEntries(Object.entries(files(base)).filter(([k]) => k.startsWith('apiproxy/')));
		same(await exported(name), want);
	}
});
