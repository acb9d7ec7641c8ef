// SPDX-License-Identifier: Apache-2.0
// ServiceCallout to target servers by a LoadBalancer, and to other proxies by a LocalTargetConnection.
// Invariant: what a callout learns of a server counts for its own connection; the proxied request's target stays what it is.
// Source: reference 3.3 (LoadBalancer, HealthMonitor, LocalTargetConnection), 4.4 (ServiceCallout).
import assert from 'node:assert/strict';
import https from 'node:https';
import net from 'node:net';
import test from 'node:test';
import { certificate, keystore } from './certificates.mjs';
import { bundle, expect, fault, freePorts, gateway, origin, proxy, say, sharedFlow, until } from './gateway.mjs';

const g = await gateway();
const at = '/environments/test/targetservers';
const named = (name) => origin((one, res) => {
	const wait = +(/wait=(\d+)/.exec(one.url)?.[1] ?? 0), sick = new RegExp(`sick=${name}`).test(one.url) || sickly.has(name);
	setTimeout(() => { res.writeHead(sick ? 503 : 200); res.end(name); }, wait);
});
const sickly = new Set();
const [a, b, slow] = await Promise.all(['a', 'b', 'slow'].map(named));
const [closed] = await freePorts(1);
const mute = net.createServer((s) => s.on('error', () => {}).once('data', () => { mute.seen++; s.destroy(); }));
mute.seen = 0;
await new Promise((ok) => mute.listen(0, '127.0.0.1', ok));
mute.unref();
for (const [name, port] of [['a', a.port], ['b', b.port], ['slow', slow.port], ['closed', closed], ['mute', mute.address().port]])
	await g.must(at, { body: { name, host: '127.0.0.1', port } });

const to = (servers, more = '', beside = '') => `<HTTPTargetConnection><LoadBalancer>${servers.map((s) => `<Server name="${s}"/>`).join('')}${more}</LoadBalancer>${beside}</HTTPTargetConnection>`;
const local = (inner) => `<LocalTargetConnection>${inner}</LocalTargetConnection>`;
const facts = '{r.content}|{servicecallout.requesturi}|{target.host}{loadbalancing.targetserver}';
let n = 0;
const spec = (inner, more) => ({ pre: { request: ['c'] }, post: { response: ['show'] }, policies: { c: `<ServiceCallout>${inner}</ServiceCallout>`, show: say(facts), ...more } });
async function callout(inner, more) {
	const name = `ct${n++}`;
	await g.proxy(name, spec(inner, more));
	return (path = '', o) => g.call(`/${name}${path}`, o);
}
async function series(call, times, path, o) {
	let got = '';
	for (let i = 0; i < times; i++) {
		const r = await call(path, o);
		got += r.status === 200 ? r.text.split('|')[0] : `(${r.status})`;
	}
	return got;
}
const count = (s) => [...s].sort().join('');
const failed = (reason) => ({ status: 500, body: fault('steps.servicecallout.ExecutionFailed', `Execution of ServiceCallout c failed. Reason: ${reason}`) });
const R = '<Response>r</Response>', POST = '<Request><Set><Verb>POST</Verb><Payload>once</Payload></Set></Request>';

test('by turns; path and query; the target\'s own variables are untouched', async () => {
	const call = await callout(`<Request><Set><Path>/more</Path><QueryParams><QueryParam name="k">v</QueryParam></QueryParams></Set></Request>${R}${to(['a', 'b'], '', '<Path>/base/{request.queryparam.x}?y=z</Path>')}`);
	assert.equal(count(await series(call, 4, '?x=1')), 'aabb');
	expect(await call('?x=1'), { status: 200, body: /^[ab]\|\/base\/1\/more\?y=z&k=v\|$/ });
	const one = [a, b].map((s) => s.seen.at(-1)).find((s) => s.url === '/base/1/more?y=z&k=v');
	assert.ok([a, b].some((s) => one.headers.host === `127.0.0.1:${s.port}`));
});
test('a refused connection: another server, whatever the verb', async () => {
	assert.equal(await series(await callout(`${R}${to(['closed', 'a'])}`), 4), 'aaaa');
	assert.equal(await series(await callout(`${POST}${R}${to(['closed', 'a'])}`), 4), 'aaaa');
	assert.equal(a.seen.at(-1).body, 'once');
	expect(await (await callout(`${R}${to(['closed'])}`))(), failed('Connection refused'));
});
test('a server that goes away with the request: another only for what may be sent twice', async () => {
	assert.equal(await series(await callout(`${R}${to(['mute', 'a'])}`), 4), 'aaaa');
	assert.equal(count(await series(await callout(`${POST}${R}${to(['mute', 'a'])}`), 4)), count('a(500)a(500)'));
	assert.equal(count(await series(await callout(`${R}${to(['closed', 'a'], '<RetryEnabled>false</RetryEnabled>')}`), 4)), count('a(500)a(500)'));
});
test('out after MaxFailures, back after TargetDisableSecs, none left', async () => {
	const call = await callout(`${R}${to(['mute', 'a'], '<MaxFailures>2</MaxFailures><TargetDisableSecs>1</TargetDisableSecs>')}`);
	mute.seen = 0;
	assert.equal(await series(call, 10), 'a'.repeat(10));
	assert.equal(mute.seen, 2);
	await new Promise((ok) => setTimeout(ok, 1100));
	assert.equal(await series(call, 10), 'a'.repeat(10));
	assert.equal(mute.seen, 4);
	const last = await callout(`${R}${to(['closed'], '<MaxFailures>1</MaxFailures>')}`);
	expect(await last(), failed('Connection refused'));
	expect(await last(), failed('The Service is temporarily unavailable'));
});
test('a status that counts as a failure; else it is an answer', async () => {
	const sick = '<ServerUnhealthyResponse><ResponseCode>503</ResponseCode></ServerUnhealthyResponse>';
	assert.equal(await series(await callout(`${R}${to(['a', 'b'], sick, '<Path>/?sick=a</Path>')}`), 4), 'bbbb');
	expect(await (await callout(`${R}${to(['a'], '', '<Path>/?sick=a</Path>')}`))(), failed('ResponseCode 503 is treated as error'));
});
test('a server that lets the callout\'s time pass has failed; no other is asked', async () => {
	const call = await callout(`${R}<Timeout>300</Timeout>${to(['slow', 'a'], '<MaxFailures>1</MaxFailures>', '<Path>/?wait={request.queryparam.w}</Path>')}`);
	const got = [await call('?w=2000'), await call('?w=2000')].map((r) => r.status);
	assert.deepEqual(got, [500, 500], 'the second one to a, which waits as well');
	expect(await call('?w=2000'), failed('The Service is temporarily unavailable'));
});
test('the servers of a callout are watched', async () => {
	sickly.add('b');
	const monitor = '<HealthMonitor><IntervalInSec>1</IntervalInSec><HTTPMonitor><Request><Path>/health</Path></Request></HTTPMonitor></HealthMonitor>';
	const call = await callout(`${R}${to(['a', 'b'], '<MaxFailures>1</MaxFailures><RetryEnabled>false</RetryEnabled>', monitor)}`);
	await until(() => b.seen.some((s) => s.url === '/health'));
	await until(async () => await series(call, 4) === 'aaaa');
	sickly.delete('b');
	await until(async () => count(await series(call, 4)) === 'aabb');
});
test('without Response: sent to a server, not waited for; and the shared flow it stands in may go', async () => {
	await g.sharedFlow('tells', { run: ['c'], policies: { c: `<ServiceCallout>${POST}${to(['closed', 'a'], '', '<Path>/told?wait=300</Path>')}</ServiceCallout>` } });
	await g.proxy('teller', { pre: { request: ['call'] }, policies: { call: '<FlowCallout><SharedFlowBundle>tells</SharedFlowBundle></FlowCallout>' } });
	for (let i = 0; i < 4; i++)
		expect(await g.call('/teller'), { status: 200 });
	await g.sharedFlow('tells', { run: [], policies: {} });
	await until(() => a.seen.filter((s) => s.url === '/told?wait=300' && s.body === 'once').length === 4);
});
test('servicecallout.NAME.target.url wins', async () => {
	const set = `<AssignMessage><AssignVariable><Name>servicecallout.c.target.url</Name><Value>${b.url}/set</Value></AssignVariable></AssignMessage>`;
	for (const inner of [to(['a']), local('<Path>/nowhere</Path>')]) {
		const name = `ct${n++}`;
		await g.proxy(name, { ...spec(R + inner, { set }), pre: { request: ['set', 'c'] } });
		expect(await g.call(`/${name}`), { status: 200, body: 'b|/set|' });
	}
});
test('the TLS of a target server', async () => {
	const ca = certificate('Callout CA', { ca: true }), own = certificate('target.test', { by: ca, names: ['127.0.0.1'] });
	const server = https.createServer({ cert: own.chain, key: own.key }, (req, res) => res.end('tls')).on('tlsClientError', () => {});
	await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
	server.unref();
	await keystore(g, 'callouttrust', { ca: ca.cert });
	const body = (more) => ({ name: 'tls', host: '127.0.0.1', port: server.address().port, sSLInfo: { enabled: true, ...more } });
	await g.must(at, { body: body({}) });
	const call = await callout(`${R}${to(['tls'])}`);
	expect(await call(), failed('SSL Handshake failed'));
	await g.must(`${at}/tls`, { method: 'PUT', body: body({ trustStore: 'callouttrust' }) });
	expect(await call(), { status: 200, body: 'tls|/|' });
	expect(await g.mgmt(`${at}/tls`, { method: 'DELETE' }), { status: 400, body: /References exist to the target server tls/ });
});

/* ---- other proxies ---- */

await g.proxy('inner', { post: { response: ['show'] }, policies: { show: say('{apiproxy.name} {request.verb} {proxy.pathsuffix} {request.queryparam.q} {request.content}') } });
await g.proxy('far', { target: a.url });
await g.proxy('bad', { pre: { request: ['stop'] }, policies: { stop: '<RaiseFault><FaultResponse><Set><StatusCode>418</StatusCode></Set></FaultResponse></RaiseFault>' } });
const rows = [
	['by name', '<APIProxy>inner</APIProxy><ProxyEndpoint>default</ProxyEndpoint>', '', 'inner GET   |'],
	['by path', '<Path>/inner/x?q=1</Path>', '', 'inner GET /x 1 |'],
	['by a name in a variable', '<APIProxy>{request.queryparam.to}</APIProxy>', '', 'inner GET   |'],
	['what is asked of it', '<APIProxy>inner</APIProxy>', '<Request><Set><Verb>PUT</Verb><Path>/p</Path><QueryParams><QueryParam name="q">2</QueryParam></QueryParams><Payload>text</Payload></Set></Request>', 'inner PUT /p 2 text|/p?q=2'],
	['on to its target', '<APIProxy>far</APIProxy>', '', 'a|'],
];
for (const [what, inner, request, want] of rows) {
	test(`a proxy ${what}`, async () => {
		const r = await (await callout(request + R + local(inner)))('?to=inner');
		expect(r, { status: 200 });
		assert.ok(r.text.startsWith(want), r.text);
	});
}
const wrong = [
	['whose answer is an error', '<APIProxy>bad</APIProxy>', 'ResponseCode 418 is treated as error'],
	['that is not there', '<APIProxy>nobody</APIProxy>', 'Unable to identify proxy for host: default and url: nobody'],
	['at a path that leads nowhere', '<Path>/nowhere</Path>', 'ResponseCode 404 is treated as error'],
];
for (const [what, inner, reason] of wrong)
	test(`a proxy ${what}`, async () => { expect(await (await callout(R + local(inner)))(), failed(reason)); });

test('a proxy that lets the time pass', async () => {
	await g.proxy('sleeps', { target: `${slow.url}/?wait=3000` });
	const call = await callout(`${R}<Timeout>300</Timeout>${local('<APIProxy>sleeps</APIProxy>')}`), from = Date.now();
	expect(await call(), failed('timeout occurred in c'));
	assert.ok(Date.now() - from < 2500, `${Date.now() - from} ms`);
});
test('a circle ends at ten', async () => {
	await g.proxy('circle', spec(R + local('<APIProxy>circle</APIProxy>')));
	expect(await g.call('/circle'), { status: 500 });
	expect(await g.call('/inner'), { status: 200 });
});
test('without Response it runs whatever comes of it; PostClientFlow of every proxy behind', async () => {
	const tell = (path) => `<ServiceCallout><HTTPTargetConnection><URL>${b.url}/after-${path}</URL></HTTPTargetConnection></ServiceCallout>`;
	await g.proxy('one', { pre: { request: ['stop'] }, postClient: ['tell'], policies: { stop: '<RaiseFault/>', tell: tell('one') } });
	await g.proxy('two', { postClient: ['tell'], policies: { tell: tell('two') } });
	await g.proxy('three', { postClient: ['tell'], policies: { tell: tell('three') } });
	const call = (name) => `<ServiceCallout>${local(`<APIProxy>${name}</APIProxy>`)}</ServiceCallout>`;
	await g.proxy('all', { pre: { request: ['c1', 'c2'] }, postClient: ['c3'], policies: { c1: call('one'), c2: call('two'), c3: call('three') } });
	expect(await g.call('/all'), { status: 200, body: '' });
	const after = () => b.seen.map((s) => s.url).filter((u) => u.startsWith('/after-')).sort();
	await until(() => after().length === 3);
	assert.deepEqual(after(), ['/after-one', '/after-three', '/after-two']);
});

for (const [what, inner, why] of [
	['both', to(['a']) + local('<Path>/x</Path>'), /one of them is the target/],
	['a balancer beside a URL', `<HTTPTargetConnection><URL>${a.url}</URL><LoadBalancer><Server name="a"/></LoadBalancer></HTTPTargetConnection>`, /<URL> and <LoadBalancer>/],
	['a local target that names nothing', local(''), /needs <APIProxy>/],
	['a property that is not for callouts', local('<Path>/x</Path><Properties><Property name="retain.queryparams.enabled">false</Property></Properties>'), /are not for it/],
]) {
	test(`refused: ${what}`, async () => {
		expect(await g.import('badct', bundle(proxy('badct', spec(R + inner))), { validate: true }), { status: 400, body: why });
	});
}
test('a server that the environment does not have refuses the deployment', async () => {
	const r = await g.import('noserver', bundle(proxy('noserver', spec(R + to(['nosuch'])))));
	expect(await g.deploy('noserver', r.json.revision), { status: 400, body: /policies\/c\.xml.*nosuch/s });
});
