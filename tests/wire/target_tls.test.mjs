// SPDX-License-Identifier: Apache-2.0
// SSLInfo of targets: in a TargetEndpoint, on a target server, in a ServiceCallout; what is shown, trusted, spoken, refused.
// Invariant: a target whose certificate is not trusted gets no request; a change of what is named needs no new deployment.
// Source: reference 3.3 (SSLInfo), 3.5 (SslHandshakeFailed), 5 (targetservers, keystores, references).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import { certificate, keystore, upload } from './certificates.mjs';
import { bundle, expect, fault, folder, gateway, say } from './gateway.mjs';

const ca = certificate('Target CA', { ca: true }), clients = certificate('Client CA', { ca: true }), others = certificate('Another CA', { ca: true });
const good = certificate('target.test', { by: ca, names: ['target.test', '127.0.0.1'] }), odd = certificate('inner.odd.test', { by: ca, names: ['elsewhere.test'] });
const late = certificate('target.test', { by: ca, names: ['target.test'], from: '20200101000000Z' });
const me = certificate('gateway', { by: clients }), stranger = certificate('stranger', { by: others });

// A target that says who asked and how.
const seen = [];
const open = (c, o = {}) => new Promise((ok) => {
	const s = https.createServer({ cert: c.chain, key: c.key, ...o }, (req, res) => {
		seen.push(req.url);
		res.end(JSON.stringify({ sni: req.socket.servername || '', cn: req.socket.getPeerCertificate().subject?.CN ?? '', protocol: req.socket.getProtocol(), cipher: req.socket.getCipher().standardName }));
	}).on('tlsClientError', () => {}).listen(0, '127.0.0.1', () => { s.unref(); ok(s.address().port); });
});
const plain = await open(good), named = await open(odd), expired = await open(late), mutual = await open(good, { requestCert: true, ca: [clients.cert], rejectUnauthorized: true }),
	asking = await open(good, { requestCert: true, rejectUnauthorized: false }), old = await open(good, { maxVersion: 'TLSv1.2' });
const hosts = [plain, named, expired, mutual, asking, old].map((p) => `"target.test:${p}" = "127.0.0.1:${p}"`).join(', ');
const file = join(folder(), 'gatehouse.conf');
writeFileSync(file, `hosts = { ${hosts} }\n`);
const g = await gateway({ args: ['--config', file] });
const at = '/environments/test';
await keystore(g, 'trust', { ca: ca.cert });
await keystore(g, 'mine', { a: me, b: stranger });
await keystore(g, 'others', { ca: others.cert });
await g.must(`${at}/references`, { body: { name: 'anchor', refers: 'trust' } });

const endpoint = (port, ssl, host = 'target.test') => `<TargetEndpoint name="default"><HTTPTargetConnection><URL>https://${host}:${port}</URL><SSLInfo><Enabled>true</Enabled>${ssl}</SSLInfo></HTTPTargetConnection></TargetEndpoint>`;
const files = (name, target, policies = {}, pre = '') => ({
	[`apiproxy/${name}.xml`]: `<APIProxy name="${name}"/>`,
	'apiproxy/proxies/default.xml': `<ProxyEndpoint name="default"><PreFlow><Request>${pre}</Request></PreFlow><HTTPProxyConnection><BasePath>/${name}</BasePath><VirtualHost>default</VirtualHost></HTTPProxyConnection><RouteRule name="r">${target ? '<TargetEndpoint>default</TargetEndpoint>' : ''}</RouteRule></ProxyEndpoint>`,
	...(target ? { 'apiproxy/targets/default.xml': target } : {}), ...policies,
});
let n = 0;
const deployed = async (target) => { const name = `p${++n}`; await g.put(name, files(name, target)); return name; };
const TRUST = '<TrustStore>trust</TrustStore>', SHOW = '<ClientAuthEnabled>true</ClientAuthEnabled><KeyStore>mine</KeyStore><KeyAlias>a</KeyAlias>';
const failed = { status: 503, json: JSON.parse(fault('messaging.adaptors.http.flow.SslHandshakeFailed', 'SSL Handshake failed sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target')) };

const rows = [
	['no truststore: the system\'s', plain, '', failed],
	['its authority', plain, TRUST, { sni: 'target.test', cn: '' }],
	['through a reference', plain, '<TrustStore>ref://anchor</TrustStore>', { sni: 'target.test' }],
	['another authority', plain, '<TrustStore>others</TrustStore>', failed],
	['another name', named, TRUST, failed],
	['an expired certificate', expired, TRUST, failed],
	['anything', named, '<IgnoreValidationErrors>true</IgnoreValidationErrors>', { sni: 'target.test' }],
	['the common name instead of the host', named, `${TRUST}<CommonName>inner.odd.test</CommonName>`, { sni: 'target.test' }],
	['the common name by a wildcard', named, `${TRUST}<CommonName wildcardMatch="true">*.odd.test</CommonName>`, { sni: 'target.test' }],
	['a wildcard without wildcardMatch', named, `${TRUST}<CommonName>*.odd.test</CommonName>`, failed],
	['a wildcard for two labels', named, `${TRUST}<CommonName wildcardMatch="true">*.test</CommonName>`, failed],
	['another common name', named, `${TRUST}<CommonName>outer.odd.test</CommonName>`, failed],
	['the common name does not stand in for the authority', named, '<TrustStore>others</TrustStore><CommonName>inner.odd.test</CommonName>', failed],
	['a client certificate', mutual, TRUST + SHOW, { cn: 'gateway' }],
	['another client certificate', mutual, (TRUST + SHOW).replace('<KeyAlias>a', '<KeyAlias>b'), failed],
	['none where one is needed', mutual, TRUST, failed],
	['a keystore without ClientAuthEnabled is not shown', asking, `${TRUST}<KeyStore>mine</KeyStore><KeyAlias>a</KeyAlias>`, { cn: '' }],
	['TLS 1.2', plain, `${TRUST}<Protocols><Protocol>TLSv1.1</Protocol><Protocol>TLSv1.2</Protocol></Protocols>`, { protocol: 'TLSv1.2' }],
	['TLS 1.3', plain, `${TRUST}<Protocols><Protocol>TLSv1.3</Protocol></Protocols>`, { protocol: 'TLSv1.3' }],
	['no protocol in common', old, `${TRUST}<Protocols><Protocol>TLSv1.3</Protocol></Protocols>`, failed],
	['a cipher', plain, `${TRUST}<Ciphers><Cipher>TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256</Cipher></Ciphers>`, { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256' }],
];
test('a TargetEndpoint', async (t) => {
	for (const [what, port, ssl, want] of rows)
		await t.test(what, async () => {
			const before = seen.length, r = await g.call(`/${await deployed(endpoint(port, ssl))}`);
			if (want === failed) {
				// A client certificate that a TLS 1.3 target refuses is refused after the handshake is over here.
				const alert = port === mutual;
				assert.ok(r.status === 503 || (alert && r.status === 502), `${r.status} ${r.text}`);
				if (!alert)
					expect(r, failed);
				assert.equal(seen.length, before, 'no request came through');
				return;
			}
			expect(r, { status: 200 });
			for (const [k, v] of Object.entries(want))
				assert.equal(r.json[k], v, k);
		});
	await t.test('an address', async () => expect(await g.call(`/${await deployed(endpoint(plain, TRUST, '127.0.0.1'))}`), { status: 200, body: /"sni":""/ }));
	await t.test('http:// never is TLS', async () => {
		const name = await deployed(endpoint(plain, TRUST).replace('https://', 'http://'));
		assert.notEqual((await g.call(`/${name}`)).status, 200);
	});
});

test('who the target is, as variables', async () => {
	const facts = '{target.cn}|{target.country}|{target.state}|{target.locality}|{target.organization}|{target.organization.unit}|{target.email.address}';
	const known = certificate('known.test', { by: ca, names: ['target.test'], subject: '/C=DE/ST=Hesse/L=Kassel/O=Acme/OU=Gates/emailAddress=a@b.test' });
	const port = await open(known), name = `p${++n}`;
	await g.mgmt(`${at}/targetservers`, { body: { name: 'known', host: '127.0.0.1', port, sSLInfo: { enabled: 'true', trustStore: 'trust', commonName: { value: 'known.test' } } } });
	const target = '<TargetEndpoint name="default"><PreFlow><Response><Step><Name>show</Name></Step></Response></PreFlow><HTTPTargetConnection><LoadBalancer><Server name="known"/></LoadBalancer></HTTPTargetConnection></TargetEndpoint>';
	await g.put(name, files(name, target, { 'apiproxy/policies/show.xml': say(facts).replace('<AssignMessage', '<AssignMessage name="show"') }));
	for (let i = 0; i < 3; i++)                               // a kept connection, too
		expect(await g.call(`/${name}`), { status: 200, body: 'known.test|DE|Hesse|Kassel|Acme|Gates|a@b.test' });
});

// Of a target, of a ServiceCallout, and on kept connections, too.
const expecting = [
	['its own', 'target.test', true], ['letter case', 'Target.TEST', true], ['none', '', true],
	['another', 'other.test', false], ['a part', 'target', false],
];
test('the common name that a policy expects', async (t) => {
	const assign = (variable, cn) => `<AssignMessage name="cn"><AssignVariable><Name>${variable}</Name><Value>${cn}</Value></AssignVariable></AssignMessage>`;
	const out = `<ServiceCallout name="out"><Response>r</Response><HTTPTargetConnection><URL>https://target.test:${plain}/</URL><SSLInfo><Enabled>true</Enabled>${TRUST}</SSLInfo></HTTPTargetConnection></ServiceCallout>`;
	for (const [what, cn, fits] of expecting)
		await t.test(what, async () => {
			const before = seen.length, target = `p${++n}`, callout = `p${++n}`;
			await g.put(target, files(target, endpoint(plain, TRUST), { 'apiproxy/policies/cn.xml': assign('target.expectedcn', cn) }, '<Step><Name>cn</Name></Step>'));
			await g.put(callout, files(callout, '', { 'apiproxy/policies/cn.xml': assign('servicecallout.out.expectedcn', cn), 'apiproxy/policies/out.xml': out }, '<Step><Name>cn</Name></Step><Step><Name>out</Name></Step>'));
			for (let i = 0; i < 2; i++) {
				expect(await g.call(`/${target}`), fits ? { status: 200 } : failed);
				expect(await g.call(`/${callout}`), fits ? { status: 200 } : { status: 500, body: /SSL Handshake failed/ });
			}
			assert.equal(seen.length - before, fits ? 4 : 0, 'who is somebody else gets no request');
		});
});

const bad = [
	['a keystore that is not there', `${TRUST}<ClientAuthEnabled>true</ClientAuthEnabled><KeyStore>moon</KeyStore><KeyAlias>a</KeyAlias>`, /default\.xml:\d+: the alias "a" of the keystore "moon" is not in the environment test/],
	['an alias that is not there', SHOW.replace('<KeyAlias>a', '<KeyAlias>c'), /the alias "c"/],
	['an alias without a key', SHOW.replace('mine', 'trust').replace('<KeyAlias>a', '<KeyAlias>ca'), /has no key/],
	['no alias', '<ClientAuthEnabled>true</ClientAuthEnabled><KeyStore>mine</KeyStore>', /without an alias/],
	['client authentication without a keystore', '<ClientAuthEnabled>true</ClientAuthEnabled>', /needs a <KeyStore>/],
	['a truststore that is not there', '<TrustStore>moon</TrustStore>', /truststore "moon"/],
	['a reference that is not there', '<TrustStore>ref://moon</TrustStore>', /the reference "moon"/],
	['a flow variable', '<TrustStore>{x}</TrustStore>', /flow variable/],
	['an unknown protocol', '<Protocols><Protocol>TLSv9</Protocol></Protocols>', /TLSv9/],
	['an unknown cipher', '<Ciphers><Cipher>NONE</Cipher></Ciphers>', /NONE/],
	['Enforce and IgnoreValidationErrors', '<Enforce>true</Enforce><IgnoreValidationErrors>true</IgnoreValidationErrors>', /cannot both be true/],
	['a list of revoked certificates', '<CRLStore>x</CRLStore>', /CRLStore/],
	['an unknown element', '<Protocol>TLSv1.2</Protocol>', /Protocol/],
];
test('refused when it is deployed', async (t) => {
	for (const [what, ssl, says] of bad)
		await t.test(what, async () => {
			const name = `bad${++n}`, made = await g.import(name, bundle(files(name, endpoint(plain, ssl))));
			const r = made.status === 201 ? await g.deploy(name, 1) : made;
			assert.match(expect(r, { status: 400 }).json.message, says);
		});
});

const server = (port, ssl) => ({ name: 's', host: 'target.test', port, isEnabled: true, sSLInfo: { enabled: 'true', ...ssl } });
test('a target server', async (t) => {
	const balanced = '<TargetEndpoint name="default"><HTTPTargetConnection><LoadBalancer><Server name="s"/></LoadBalancer></HTTPTargetConnection></TargetEndpoint>';
	await g.must(`${at}/targetservers`, { body: server(mutual, { trustStore: 'ref://anchor', keyStore: 'mine', keyAlias: 'a', clientAuthEnabled: 'true' }) });
	await g.put('balanced', files('balanced', balanced));
	expect(await g.call('/balanced'), { status: 200, body: /"cn":"gateway"/ });
	await t.test('its sSLInfo changes', async () => {
		await g.must(`${at}/targetservers/s`, { method: 'PUT', body: server(plain, { trustStore: 'others' }) });
		expect(await g.call('/balanced'), failed);
		const body = server(named, { trustStore: 'trust', commonName: { value: '*.odd.test', wildcardMatch: true }, protocols: ['TLSv1.2'] });
		await g.must(`${at}/targetservers/s`, { method: 'PUT', body });
		expect(await g.call('/balanced'), { status: 200, body: /TLSv1\.2/ });
		assert.deepEqual((await g.must(`${at}/targetservers/s`)).json.sSLInfo.commonName, { value: '*.odd.test', wildcardMatch: true });
	});
	await t.test('what is in use is not deleted', async () => {
		expect(await g.mgmt(`${at}/targetservers/s`, { method: 'DELETE' }), { status: 400, json: { code: 'events.EventHandlingFailure', message: 'References exist to the target server s', contexts: [] } });
		expect(await g.mgmt(`${at}/keystores/trust`, { method: 'DELETE' }), { status: 400 });
		expect(await g.undeploy('balanced', 1), { status: 200 });
		expect(await g.mgmt(`${at}/targetservers/s`, { method: 'DELETE' }), { status: 200 });
	});
});

test('a change of what is named is in effect at once', async () => {
	const name = await deployed(endpoint(plain, '<TrustStore>ref://anchor</TrustStore>'));
	expect(await g.call(`/${name}`), { status: 200 });
	await g.must(`${at}/references/anchor`, { method: 'PUT', body: { name: 'anchor', refers: 'others' } });
	expect(await g.call(`/${name}`), failed);
	await g.must(`${at}/keystores/others/aliases?alias=more&format=keycertfile`, upload({ certFile: ca.cert }));
	expect(await g.call(`/${name}`), { status: 200 });
	expect(await g.mgmt(`${at}/references/anchor`, { method: 'DELETE' }), { status: 400, body: /References exist to the reference anchor/ });
	const show = await deployed(endpoint(mutual, TRUST + SHOW));
	expect(await g.call(`/${show}`), { status: 200, body: /"cn":"gateway"/ });
	const renewed = certificate('renewed', { by: clients });
	expect(await g.mgmt(`${at}/keystores/mine/aliases/a`, { method: 'DELETE' }), { status: 200 });
	expect(await g.call(`/${show}`), { status: 200 }, 'it goes on as it was');
	await g.must(`${at}/keystores/mine/aliases?alias=a&format=keycertfile`, upload({ certFile: renewed.cert, keyFile: renewed.key }));
	expect(await g.call(`/${show}`), { status: 200, body: /"cn":"renewed"/ });
});

test('a ServiceCallout', async (t) => {
	const callout = (port, ssl) => `<ServiceCallout name="c"><Response>answer</Response><HTTPTargetConnection><URL>https://target.test:${port}</URL><SSLInfo><Enabled>true</Enabled>${ssl}</SSLInfo></HTTPTargetConnection></ServiceCallout>`;
	const steps = '<Step><Name>c</Name></Step><Step><Name>raise</Name></Step>';
	const raise = '<RaiseFault name="raise"><FaultResponse><Set><StatusCode>200</StatusCode><Payload>{answer.content}</Payload></Set></FaultResponse></RaiseFault>';
	const put = async (ssl, port = mutual) => { const name = `c${++n}`; await g.put(name, files(name, '', { 'apiproxy/policies/c.xml': callout(port, ssl), 'apiproxy/policies/raise.xml': raise }, steps)); return name; };
	await t.test('shows its certificate', async () => expect(await g.call(`/${await put(TRUST + SHOW)}`), { status: 200, body: /"cn":"renewed"/ }));
	await t.test('trusts nobody else', async () => expect(await g.call(`/${await put('<TrustStore>trust</TrustStore>', named)}`), { status: 500, json: { fault: { faultstring: 'Execution of ServiceCallout c failed. Reason: SSL Handshake failed', detail: { errorcode: 'steps.servicecallout.ExecutionFailed' } } } }));
	await t.test('names what is not there', async () => {
		const name = `c${++n}`;
		expect(await g.import(name, bundle(files(name, '', { 'apiproxy/policies/c.xml': callout(mutual, '<TrustStore>moon</TrustStore>'), 'apiproxy/policies/raise.xml': raise }, steps))), { status: 201 });
		assert.match(expect(await g.deploy(name, 1), { status: 400 }).json.message, /c\.xml:\d+: the truststore "moon"/);
	});
	await t.test('keeps what it names', async () => expect(await g.mgmt(`${at}/keystores/mine`, { method: 'DELETE' }), { status: 400 }));
});
