// SPDX-License-Identifier: Apache-2.0
// Virtual hosts on one TLS port: each with its own keystore and truststore, chosen by SNI, changed without a restart.
// Invariant: who has not shown a trusted certificate to a host that asks for one reaches no proxy of it.
// Source: reference 5 (virtualhosts, keystores), 3.8 (client, tls); Apigee, "400 Bad Request - SSL Certificate Error".
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import http2 from 'node:http2';
import https from 'node:https';
import test from 'node:test';
import tls from 'node:tls';
import { certificate, keystore, upload } from './certificates.mjs';
import { expect, fetchOne, gateway, load } from './gateway.mjs';

const g = await gateway();
const port = g.ports.https, at = '/environments/test';
const ca = certificate('Server CA', { ca: true }), clients = certificate('Client CA', { ca: true }), others = certificate('Another CA', { ca: true });
const one = certificate('one.test', { by: ca, names: ['one.test'] }), two = certificate('two.test', { by: ca, names: ['two.test', '*.wild.test'] });
const subject = '/C=US/ST=PA/L=Macungie/O=Partner1/OU=IT Security';
const good = certificate('Client1', { by: clients, subject }), wrong = certificate('Client2', { by: others });
const expired = certificate('Client3', { by: clients, from: '20200101000000Z' }), self = certificate('Client4');

const names = ['tls.cipher', 'tls.protocol', 'tls.server.name', 'tls.session.id', 'tls.client.s.dn', 'tls.client.i.dn', 'tls.client.cert.serial',
	'tls.client.cert.fingerprint', 'client.cn', 'client.country', 'client.email.address', 'client.locality', 'client.organization', 'client.organization.unit', 'client.state',
	'client.ssl.enabled', 'virtualhost.name'];
const tell = `<AssignMessage><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><Set>${names.map((n) => `<Headers><Header name="x-${n.replaceAll('.', '-')}">{${n}}</Header></Headers>`).join('').replaceAll('</Headers><Headers>', '')}<Payload>{tls.client.raw.cert}</Payload></Set><AssignTo createNew="false" type="response"/></AssignMessage>`;

const ssl = (o) => ({ enabled: 'true', keyAlias: 'a', ...o });
const vhost = (name, hosts, o, more = {}) => ({ name, port: String(port), hostAliases: hosts, sSLInfo: ssl(o), ...more });
const all = { clientProperties: true, connectionProperties: true };

await keystore(g, 'ks1', { a: one });
await keystore(g, 'ks2', { a: two });
await keystore(g, 'trust', { clients: clients.cert });
await g.must(`${at}/references`, { body: { name: 'front', refers: 'ks1', resourceType: 'KeyStore' } });
await g.must(`${at}/references`, { body: { name: 'known', refers: 'trust', resourceType: 'TrustStore' } });
await g.must(`${at}/virtualhosts`, { body: vhost('one', ['one.test'], { keyStore: 'ref://front' }, { propagateTLSInformation: all }) });
await g.must(`${at}/virtualhosts`, { body: vhost('two', ['two.test', '*.wild.test'], { keyStore: 'ks2', protocols: ['TLSv1.2'], ciphers: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] }) });
await g.must(`${at}/virtualhosts`, { body: vhost('mutual', ['mutual.test'], { keyStore: 'ks2', trustStore: 'ref://known', clientAuthEnabled: 'true' }, { propagateTLSInformation: all }) });
await g.must(`${at}/virtualhosts`, { body: vhost('lax', ['lax.test'], { keyStore: 'ks2', trustStore: 'trust', clientAuthEnabled: 'true', ignoreValidationErrors: true }, { propagateTLSInformation: { clientProperties: true } }) });
await g.proxy('told', { vhosts: ['one', 'two', 'mutual', 'lax', 'secure'], policies: { tell }, pre: { response: ['tell'] } });

// One handshake: { names of the certificate, protocol, cipher }.
const hello = (servername, o = {}) => new Promise((ok, no) => {
	const s = tls.connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, ...o }, () => {
		ok({ cn: s.getPeerCertificate().subject.CN, protocol: s.getProtocol(), cipher: s.getCipher().standardName, s });
		s.end();
	}).on('error', no);
});
const ask = (servername, { host = servername, cert, agent, ...o } = {}) => new Promise((ok, no) => {
	https.request({ port, host: '127.0.0.1', servername, path: '/told', headers: { Host: host }, rejectUnauthorized: false, agent: agent ?? false, cert: cert?.chain, key: cert?.key, ...o }, (res) => {
		let text = '';
		res.on('data', (c) => { text += c; }).on('end', () => ok({ status: res.statusCode, headers: res.headers, text }));
	}).on('error', no).end();
});

test('SNI picks the keystore', async (t) => {
	for (const [name, cn] of [['one.test', 'one.test'], ['ONE.test', 'one.test'], ['two.test', 'two.test'], ['a.wild.test', 'two.test'], ['a.b.wild.test', 'two.test'], ['mutual.test', 'two.test'],
		['acme-test.localhost', 'acme-test.localhost'], ['acme-prod.localhost', 'acme-prod.localhost']])
		await t.test(name, async () => assert.equal((await hello(name)).cn, cn));
	await t.test('none, or one of nobody: the first', async () => {
		assert.equal((await hello('')).cn, (await hello('nobody.test')).cn);
	});
	await t.test('a chain goes out whole', async () => {
		const r = await new Promise((ok, no) => {
			const s = tls.connect({ port, host: '127.0.0.1', servername: 'one.test', ca: [ca.cert] }, () => { ok(s.authorized); s.end(); }).on('error', no);
		});
		assert.equal(r, true);
	});
});

test('protocols and ciphers are the virtual host\'s own', async () => {
	assert.equal((await hello('one.test')).protocol, 'TLSv1.3');
	const r = await hello('two.test');
	assert.deepEqual([r.protocol, r.cipher], ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']);
	await assert.rejects(hello('two.test', { minVersion: 'TLSv1.3' }));
	await assert.rejects(hello('one.test', { maxVersion: 'TLSv1.1' }));
});

test('what a proxy sees of the connection', async () => {
	const r = await ask('one.test'), h = (n) => r.headers[`x-${n}`];
	assert.equal(r.status, 200);
	assert.deepEqual([h('tls-protocol'), h('tls-server-name'), h('tls-cipher'), h('virtualhost-name'), h('client-ssl-enabled')], ['TLSv1.3', 'one.test', 'TLS_AES_256_GCM_SHA384', 'one', 'true']);
	assert.match(h('tls-session-id'), /^[0-9a-f]{64}$/);
	assert.deepEqual([h('tls-client-s-dn'), h('client-cn')], ['', '']);
	const silent = await ask('two.test');
	assert.deepEqual(names.filter((n) => n.startsWith('tls.') && silent.headers[`x-${n.replaceAll('.', '-')}`]), [], 'without propagateTLSInformation nothing');
});

const page = (title) => `<html>\r\n<head><title>400 ${title}</title></head>\r\n<body bgcolor="white">\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>${title}</center>\r\n</body>\r\n</html>\r\n`;
const refused = [
	['no certificate', undefined, 'No required SSL certificate was sent'],
	['another authority\'s', wrong, 'The SSL certificate error'],
	['an expired one', expired, 'The SSL certificate error'],
	['a self-signed one', self, 'The SSL certificate error'],
];
test('mutual TLS', async (t) => {
	for (const maxVersion of ['TLSv1.3', 'TLSv1.2'])
		for (const [what, cert, says] of refused) {
			await t.test(`${maxVersion}, required: ${what}`, async () => {
				const r = await ask('mutual.test', { cert, maxVersion });
				assert.deepEqual([r.status, r.text, r.headers['content-type']], [400, page(says), 'text/html']);
			});
			await t.test(`${maxVersion}, optional: ${what}`, async () => {
				const r = await ask('lax.test', { cert, maxVersion });
				assert.equal(r.status, 200);
				assert.equal(r.headers['x-client-cn'], cert ? new X509Certificate(cert.cert).subject.match(/CN=(.*)/)[1] : '');
			});
		}
	await t.test('a trusted one, and what a proxy sees of it', async () => {
		const r = await ask('mutual.test', { cert: good }), x = new X509Certificate(good.cert);
		assert.equal(r.status, 200);
		const want = {
			'tls-client-s-dn': 'CN=Client1,OU=IT Security,O=Partner1,L=Macungie,ST=PA,C=US', 'tls-client-i-dn': 'CN=Client CA', 'tls-client-cert-serial': x.serialNumber,
			'tls-client-cert-fingerprint': x.fingerprint.replaceAll(':', '').toLowerCase(), 'client-cn': 'Client1', 'client-country': 'US', 'client-email-address': '', 'client-locality': 'Macungie',
			'client-organization': 'Partner1', 'client-organization-unit': 'IT Security', 'client-state': 'PA', 'virtualhost-name': 'mutual',
		};
		assert.equal(r.text, good.cert, 'tls.client.raw.cert');
		for (const [n, value] of Object.entries(want))
			assert.equal(r.headers[`x-${n}`], value, n);
	});
	await t.test('HTTP/2', async () => {
		for (const [cert, status] of [[good, 200], [wrong, 400], [undefined, 400]]) {
			const c = http2.connect(`https://mutual.test:${port}`, { createConnection: () => tls.connect({ port, host: '127.0.0.1', servername: 'mutual.test', ALPNProtocols: ['h2'], rejectUnauthorized: false, cert: cert?.chain, key: cert?.key }) });
			const got = await new Promise((ok, no) => c.request({ ':path': '/told' }).on('response', (h) => ok(h[':status'])).on('error', no).resume());
			assert.equal(got, status);
			c.close();
		}
	});
	await t.test('another host\'s handshake proves nothing', async () => {
		assert.equal((await ask('lax.test', { host: 'mutual.test', cert: good })).status, 421);
		assert.equal((await ask('one.test', { host: 'mutual.test' })).status, 421);
		assert.equal((await ask('', { host: 'mutual.test', cert: good })).status, 421);
		assert.equal((await g.call('/told', { host: 'mutual.test' })).status, 404, 'nor does the plain port know it');
	});
	for (const maxVersion of ['TLSv1.3', 'TLSv1.2'])
		await t.test(`${maxVersion}: a session of one host is none of another`, async () => {
			const first = (servername, o) => new Promise((ok, no) => {
				const s = tls.connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, maxVersion, ...o }, () => s.write(`GET /told HTTP/1.1\r\nHost: ${servername}\r\n\r\n`));
				let session;
				s.on('session', (x) => { session = x; }).on('data', () => setTimeout(() => { s.end(); ok({ session, reused: s.isSessionReused() }); }, 50)).on('error', no);
			});
			const lax = await first('lax.test', { cert: wrong.chain, key: wrong.key });
			assert.equal((await first('lax.test', { session: lax.session })).reused, true);
			assert.equal((await first('mutual.test', { session: lax.session })).reused, false);
		});
});

test('a change is presented without a restart', async (t) => {
	const three = certificate('three.test', { by: ca, names: ['one.test'] }), four = certificate('four.test', { by: ca, names: ['one.test'] });
	await keystore(g, 'ks3', { a: three });
	const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
	const kept = () => new Promise((ok, no) => {
		const req = https.request({ port, host: '127.0.0.1', servername: 'one.test', path: '/told', headers: { Host: 'one.test' }, rejectUnauthorized: false, agent }, (res) => {
			const cn = req.socket.getPeerCertificate().subject.CN;
			res.resume().on('end', () => ok({ status: res.statusCode, cn, reused: req.reusedSocket }));
		}).on('error', no).end();
	});
	assert.deepEqual(await kept(), { status: 200, cn: 'one.test', reused: false });
	const calls = load(async () => { const r = await ask('one.test'); return r.status === 200 || r.status; }, 2);
	await t.test('a reference is led elsewhere', async () => {
		await g.must(`${at}/references/front`, { method: 'PUT', body: { name: 'front', refers: 'ks3', resourceType: 'KeyStore' } });
		assert.equal((await hello('one.test')).cn, 'three.test');
		assert.equal((await hello('two.test')).cn, 'two.test');
		assert.deepEqual(await kept(), { status: 200, cn: 'one.test', reused: true }, 'who is connected stays');
	});
	await t.test('an alias is deleted and made again', async () => {
		expect(await g.mgmt(`${at}/keystores/ks1`, { method: 'DELETE' }), { status: 200 });
		await keystore(g, 'ks4', { a: four });
		expect(await g.mgmt(`${at}/keystores/ks4`, { method: 'DELETE' }), { status: 200 });
		await keystore(g, 'ks4', { a: four });
		expect(await g.mgmt(`${at}/virtualhosts/one`, { method: 'PUT', body: vhost('one', ['one.test'], { keyStore: 'ks4' }) }), { status: 200 });
		assert.equal((await hello('one.test')).cn, 'four.test');
	});
	await t.test('a truststore gets another authority', async () => {
		assert.equal((await ask('mutual.test', { cert: wrong })).status, 400);
		await g.must(`${at}/keystores/trust/aliases?alias=more&format=keycertfile`, upload({ certFile: others.cert }));
		assert.equal((await ask('mutual.test', { cert: wrong })).status, 200);
		expect(await g.mgmt(`${at}/keystores/trust/aliases/more`, { method: 'DELETE' }), { status: 200 });
		assert.equal((await ask('mutual.test', { cert: wrong })).status, 400);
		assert.equal((await ask('mutual.test', { cert: good })).status, 200);
	});
	const { ok, bad } = await calls.stop();
	assert.deepEqual(bad, []);
	assert.ok(ok > 5, `${ok} went well`);
	agent.destroy();
});

const unfit = {
	'no keystore': [{}, /keyStore and keyAlias/],
	'a keystore that is not there': [{ keyStore: 'moon' }, /"moon" is not in the environment test/],
	'an alias that is not there': [{ keyStore: 'ks2', keyAlias: 'b' }, /the alias "b"/],
	'no alias': [{ keyStore: 'ks2', keyAlias: undefined }, /without an alias/],
	'a reference that is not there': [{ keyStore: 'ref://moon' }, /the reference "moon"/],
	'an alias without a key': [{ keyStore: 'trust', keyAlias: 'clients' }, /has no key/],
	'a truststore that is not there': [{ keyStore: 'ks2', trustStore: 'moon' }, /truststore "moon"/],
	'client certificates without a truststore': [{ keyStore: 'ks2', clientAuthEnabled: 'true' }, /needs a trustStore/],
	'an unknown protocol': [{ keyStore: 'ks2', protocols: ['TLSv9'] }, /TLSv9/],
	'only old protocols': [{ keyStore: 'ks2', protocols: ['TLSv1'] }, /nothing to speak/],
	'an unknown cipher': [{ keyStore: 'ks2', ciphers: ['NULL'] }, /NULL/],
	'an expired certificate': [{ keyStore: 'old' }, /expired/],
	'a flow variable': [{ keyStore: '{x}' }, /flow variable/],
};
test('refused', async (t) => {
	await keystore(g, 'old', { a: certificate('old.test', { by: ca, from: '20200101000000Z' }) });
	for (const [what, [o, says]] of Object.entries(unfit))
		await t.test(what, async () => {
			const body = vhost('bad', ['bad.test'], o);
			assert.match(expect(await g.mgmt(`${at}/virtualhosts`, { body }), { status: 400 }).json.message, says);
			assert.match(expect(await g.mgmt(`${at}/virtualhosts/two`, { method: 'PUT', body: { ...body, name: 'two' } }), { status: 400 }).json.message, says);
		});
	expect(await g.mgmt(`${at}/keystores/ks2`, { method: 'DELETE' }), { status: 400, body: /References exist to the keystore ks2/ });
	expect(await g.mgmt(`${at}/references/known`, { method: 'DELETE' }), { status: 400, body: /References exist to the reference known/ });
	expect(await g.mgmt(`${at}/virtualhosts/none`, { method: 'PUT', body: vhost('none', ['none.test'], { keyStore: 'ks2' }) }), { status: 404 });
	expect(await g.mgmt(`${at}/virtualhosts/two`, { method: 'PUT', body: vhost('three', ['x.test'], { keyStore: 'ks2' }) }), { status: 400 });
	expect(await fetchOne({ port, secure: true, path: '/told', headers: { Host: 'two.test' } }), { status: 200 }, 'none of it changed anything');
});
