// SPDX-License-Identifier: Apache-2.0
// LoadBalancer over target servers: shares, failures, the fallback, another server for the same call.
// Invariant: a request that may have reached a server is sent to another only where twice is as good as once.
// Source: reference 3.3 (LoadBalancer), 3.5 (NoActiveTargets), 4.1 (loadbalancing.*, target.*).
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { bundle, expect, fault, freePorts, gateway, origin, proxy, say } from './gateway.mjs';

const g = await gateway();
const named = (name) => origin((one, res) => {
	const status = +(/[?&]s=(\d+)/.exec(one.url)?.[1] ?? 200);
	res.writeHead(/only=(\w+)/.exec(one.url)?.[1] === name ? status : 200, { 'Content-Type': 'text/plain' });
	setTimeout(() => res.end(name), +(/wait=(\d+)/.exec(one.url)?.[1] ?? 0));
});
const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(named));
const [closed] = await freePorts(1);
// Takes a request and goes away without a word.
const mute = net.createServer((s) => s.on('error', () => {}).once('data', () => { mute.seen++; s.destroy(); }));
mute.seen = 0;
await new Promise((ok) => mute.listen(0, '127.0.0.1', ok));
mute.unref();

const at = '/environments/test/targetservers';
for (const [name, port] of [['a', a.port], ['b', b.port], ['c', c.port], ['closed', closed], ['mute', mute.address().port]])
	await g.must(at, { body: { name, host: '127.0.0.1', port } });

const server = (s) => typeof s === 'string' ? `<Server name="${s}"/>`
	: `<Server name="${s[0]}">${Object.entries(s[1]).map(([k, v]) => `<${k}>${v}</${k}>`).join('')}</Server>`;
const endpoint = (servers, more = '', beside = '', steps = '') => '<TargetEndpoint name="default">' + steps +
	`<HTTPTargetConnection><LoadBalancer>${servers.map(server).join('')}${more}</LoadBalancer>${beside}</HTTPTargetConnection></TargetEndpoint>`;
let n = 0;
function files(servers, more, beside, spec) {
	const name = `lb${n++}`;
	return [name, proxy(name, { target: 'http://unused.invalid', files: { 'apiproxy/targets/default.xml': endpoint(servers, more, beside) }, ...spec })];
}
async function balanced(servers, more, beside, spec) {
	const [name, all] = files(servers, more, beside, spec);
	await g.put(name, all);
	return (path = '', o) => g.call(`/${name}${path}`, o);
}
// What answers so many calls, one after another.
async function series(call, times, path, o) {
	let got = '';
	for (let i = 0; i < times; i++) {
		const r = await call(path, o);
		got += r.status === 200 ? r.text : `(${r.status})`;
	}
	return got;
}
const count = (s) => [...s].sort().join('');

test('by turns', async () => { assert.equal(count(await series(await balanced(['a', 'b', 'c']), 9)), 'aaabbbccc'); });
test('by weight', async () => {
	const call = await balanced([['a', { Weight: 1 }], ['b', { Weight: 2 }]], '<Algorithm>Weighted</Algorithm>');
	assert.equal(count(await series(call, 9)), 'aaabbbbbb');
});
test('fewest connections: those that wait keep theirs', async () => {
	const call = await balanced(['a', 'b'], '<Algorithm>LeastConnections</Algorithm>');
	const slow = call('?wait=700');
	await new Promise((ok) => setTimeout(ok, 150));
	const others = count(await series(call, 4));
	const { text } = await slow;
	assert.equal(others, (text === 'a' ? 'b' : 'a').repeat(4));
});
test('a server that is off, in the bundle or in the environment, gets no call', async () => {
	assert.equal(await series(await balanced([['a', { IsEnabled: false }], 'b']), 3), 'bbb');
	const call = await balanced(['a', 'c']);
	const put = (isEnabled) => g.must(`${at}/c`, { method: 'PUT', body: { name: 'c', host: '127.0.0.1', port: c.port, isEnabled } });
	await put(false);
	assert.equal(await series(call, 3), 'aaa', 'answered when applied');
	await put(true);
	assert.equal(count(await series(call, 4)), 'aacc');
});
test('a target server that moves takes its proxies along', async () => {
	await g.must(at, { body: { name: 'moving', host: '127.0.0.1', port: a.port } });
	const call = await balanced(['moving']);
	assert.equal((await call()).text, 'a');
	await g.must(`${at}/moving`, { method: 'PUT', body: { name: 'moving', host: '127.0.0.1', port: b.port } });
	assert.equal((await call()).text, 'b');
});

test('path, suffix and query', async () => {
	const call = await balanced(['a'], '', '<Path>/base/{request.queryparam.x}</Path>');
	expect(await call('/more?x=1'), { status: 200 });
	const one = a.seen.at(-1);
	assert.equal(one.url, '/base/1/more?x=1');
	assert.equal(one.headers.host, `127.0.0.1:${a.port}`);
});

const show = { post: { response: ['show'] }, policies: { show: say('{loadbalancing.targetserver}|{loadbalancing.isfallback}|{loadbalancing.failedservers}|{target.host}|{target.port}|{target.url}') } };
test('variables', async () => {
	const call = await balanced(['closed', ['a', { IsFallback: true }]], '', '', show);
	expect(await call('/p?q=1'), { status: 200, body: `a|true|closed|127.0.0.1|${a.port}|http://127.0.0.1:${a.port}/p?q=1` });
	const plain = await balanced(['b'], '', '', show);
	expect(await plain(), { status: 200, body: `b|false||127.0.0.1|${b.port}|http://127.0.0.1:${b.port}/` });
});

test('a refused connection: another server, whatever the verb', async () => {
	const call = await balanced(['closed', 'a']);
	assert.equal(await series(call, 6), 'aaaaaa');
	assert.equal(await series(call, 4, '', { body: 'text' }), 'aaaa');
	assert.equal(a.seen.at(-1).body, 'text');
});
test('no retry when it is switched off', async () => {
	assert.equal(count(await series(await balanced(['closed', 'a'], '<RetryEnabled>false</RetryEnabled>'), 4)), count('a(503)a(503)'));
});
test('a server that goes away with the request: another only for what may be sent twice', async () => {
	const call = await balanced(['mute', 'a']);
	assert.equal(await series(call, 4), 'aaaa');
	assert.equal(count(await series(call, 4, '', { body: 'once' })), count('a(502)a(502)'));
});

test('out after MaxFailures, and back after TargetDisableSecs', async () => {
	const call = await balanced(['mute', 'a'], '<MaxFailures>2</MaxFailures><TargetDisableSecs>1</TargetDisableSecs>');
	mute.seen = 0;
	assert.equal(await series(call, 12), 'a'.repeat(12));
	assert.equal(mute.seen, 2);
	await new Promise((ok) => setTimeout(ok, 1100));
	assert.equal(await series(call, 12), 'a'.repeat(12));
	assert.equal(mute.seen, 4);
});
test('none is left: NoActiveTargets', async () => {
	const none = { status: 503, body: fault('messaging.adaptors.http.flow.NoActiveTargets', 'The Service is temporarily unavailable') };
	const call = await balanced(['closed'], '<MaxFailures>1</MaxFailures>');
	expect(await call(), { status: 503, body: fault('messaging.adaptors.http.flow.ServiceUnavailable', 'The Service is temporarily unavailable') });
	expect(await call(), none);
	expect(await (await balanced([['a', { IsEnabled: false }]]))(), none);
});
test('the fallback: only while all others are out', async () => {
	const call = await balanced(['mute', ['b', { IsFallback: true }]], '<MaxFailures>1</MaxFailures>');
	mute.seen = 0;
	assert.equal(await series(call, 5), 'bbbbb');
	assert.equal(mute.seen, 1);
	assert.equal(await series(await balanced(['a', ['b', { IsFallback: true }]]), 4), 'aaaa');
});
test('a status may count as a failure', async () => {
	const sick = '<ServerUnhealthyResponse><ResponseCode>500</ResponseCode><ResponseCode>503</ResponseCode></ServerUnhealthyResponse>';
	const call = await balanced(['a', 'b'], `<MaxFailures>1</MaxFailures>${sick}`);
	assert.equal(count(await series(call, 4, '?only=a&s=502')), count('b(502)b(502)'), 'not in the list: an answer');
	assert.equal(count(await series(call, 2, '?only=a&s=503', { body: 'once' })), count('b(503)'), 'a POST is not sent twice');
	assert.equal(await series(call, 6), 'bbbbbb', 'and yet it counted');
	const retried = await balanced(['a', 'b'], sick);
	assert.equal(await series(retried, 4, '?only=a&s=503'), 'bbbb');
	const alone = await balanced(['a'], sick);
	expect(await alone('?only=a&s=503'), { status: 503, body: 'a' }, 'no other: the answer itself');
});

test('target.url wins', async () => {
	const set = `<AssignMessage><AssignVariable><Name>target.url</Name><Value>${c.url}/own</Value></AssignVariable></AssignMessage>`;
	const flow = '<PreFlow><Request><Step><Name>set</Name></Step></Request></PreFlow>';
	const call = await balanced(['a'], '', '', { policies: { set }, files: { 'apiproxy/targets/default.xml': endpoint(['a'], '', '', flow) } });
	assert.equal((await call()).text, 'c');
});

const refused = [
	['an unknown server', ['nobody'], '', '', /names the target server "nobody", which the environment test does not have/],
	['no server', [], '', '', /needs 1 to 64 <Server>/],
	['one twice', ['a', 'a'], '', '', /a second <Server> is named "a"/],
	['two fallbacks', [['a', { IsFallback: true }], ['b', { IsFallback: true }]], '', '', /a second <Server> is <IsFallback>/],
	['a URL beside', ['a'], '', '<URL>http://h</URL>', /holds <URL> and <LoadBalancer>/],
	['SSLInfo beside', ['a'], '', '<SSLInfo><Enabled>true</Enabled></SSLInfo>', /it belongs to the target server/],
	['a code that is none', ['a'], '<ServerUnhealthyResponse><ResponseCode>bad</ResponseCode></ServerUnhealthyResponse>', '', /<ResponseCode> is "bad"/],
	['a server whose truststore is not there', ['strict'], '', '', /the truststore "ts" of the environment test has no certificate/],
];
test('refused at deploy', async () => {
	await g.must(at, { body: { name: 'strict', host: 'h', port: 443, sSLInfo: { enabled: 'true', trustStore: 'ts' } } });
	for (const [what, servers, more, beside, finding] of refused) {
		const [name, all] = files(servers, more, beside);
		const { json } = expect(await g.import(name, bundle(all)), { status: 201 }, what);
		const { message } = expect(await g.deploy(name, json.revision), { status: 400 }, what).json;
		assert.match(message, finding);
		assert.match(message, /^apiproxy\/targets\/default\.xml:\d+: /);
	}
});
test('refused at import', async () => {
	for (const [more, finding] of [['<Algorithm>Random</Algorithm>', /Algorithm/], ['<MaxFailures>-1</MaxFailures>', /MaxFailures/]]) {
		const [name, all] = files(['a'], more);
		expect(await g.import(name, bundle(all)), { status: 400, body: finding });
	}
});
test('a server over TLS', async () => {
	await g.must(at, { body: { name: 'tls', host: '127.0.0.1', port: g.ports.https, sSLInfo: { enabled: 'true', ignoreValidationErrors: true } } });
	await g.proxy('tlsback', { vhosts: ['secure'], post: { response: ['x'] }, policies: { x: say('over {client.scheme}') } });
	const call = await balanced(['tls'], '', '<Path>/tlsback</Path>');
	expect(await call(), { status: 200, body: 'over https' });
});
