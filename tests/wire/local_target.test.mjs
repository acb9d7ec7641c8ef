// SPDX-License-Identifier: Apache-2.0
// LocalTargetConnection: proxies chained in one process, by name and by path.
// Invariant: the inner proxy runs all of its own flows with its own variables; what it changes is its own.
// Source: reference 3.3 (LocalTargetConnection); Apigee, "Chaining API proxies together".
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, fault, gateway, mark, origin, say } from './gateway.mjs';

const g = await gateway();
const target = await origin();
const local = (inner, steps = '') => `<TargetEndpoint name="default">${steps}<LocalTargetConnection>${inner}</LocalTargetConnection></TargetEndpoint>`;
const byName = (name, endpoint = 'default') => `<APIProxy>${name}</APIProxy><ProxyEndpoint>${endpoint}</ProxyEndpoint>`;
const outer = (name, inner, spec = {}, o) => g.proxy(name, { target: 'http://unused.invalid', ...spec, files: { 'apiproxy/targets/default.xml': local(inner) } }, o);
const facts = '{apiproxy.name}|{proxy.basepath}|{proxy.pathsuffix}|{request.verb}|{request.queryparam.q}|{request.header.x-in}|{request.content}|{mine}|{client.ip}';

await g.proxy('inner', { post: { response: ['show'] }, policies: { show: say(facts, '<Headers><Header name="X-Inner">1</Header></Headers>') } });
await g.proxy('back', { target: target.url });

const rows = [
	['by name', byName('inner'), ''],
	['by name, the first endpoint', '<APIProxy>inner</APIProxy>', ''],
	['by path', '<Path>/inner</Path>', ''],
	['by a name in a variable', '<APIProxy>{request.queryparam.to}</APIProxy>', '&to=inner'],
	['by a path in a variable', '<Path>/{request.queryparam.to}</Path>', '&to=inner'],
];
for (const [i, [what, inner, more]] of rows.entries()) {
	test(what, async () => {
		const set = '<AssignMessage><AssignVariable><Name>mine</Name><Value>outer</Value></AssignVariable></AssignMessage>';
		await outer(`o${i}`, inner, { pre: { request: ['set', 'head'] }, post: { response: ['out'] }, policies: { set, head: mark('X-In', 'set'), out: mark('X-Outer', '{apiproxy.name},{mine},{target.name}') } });
		expect(await g.call(`/o${i}/more/yet?q=1${more}`, { body: 'text', headers: { 'Content-Type': 'text/plain' } }),
			{ status: 200, body: 'inner|/inner|/more/yet|POST|1|set|text||127.0.0.1', headers: { 'X-Inner': '1', 'X-Outer': `o${i},outer,default` } });
	});
}

test('on to a target: suffix, query, headers, a body as it comes', async () => {
	await outer('far', byName('back'));
	const r = expect(await g.call('/far/a/b?c=d', { body: 'x'.repeat(200000), headers: { 'X-One': 'two' } }), { status: 200 });
	const one = r.json;
	assert.deepEqual([one.method, one.url, one.headers['x-one'], one.body.length], ['POST', '/a/b?c=d', 'two', 200000]);
});
test('the inner proxy changes its own request only', async () => {
	await g.proxy('changer', { pre: { request: ['head'] }, target: target.url, policies: { head: mark('X-Client', 'changed') } });
	await outer('kept', byName('changer'), { post: { response: ['out'] }, policies: { out: mark('X-Seen', '{request.header.x-client}') } });
	const r = expect(await g.call('/kept', { headers: { 'X-Client': 'sent' } }), { status: 200, headers: { 'X-Seen': 'sent' } });
	assert.equal(r.json.headers['x-client'], 'changed');
});
test('a fault of the inner proxy is an answer of the target', async () => {
	await g.proxy('faulty', { pre: { request: ['no'] }, policies: { no: '<RaiseFault><FaultResponse><Set><StatusCode>418</StatusCode><Payload contentType="text/plain">tea</Payload></Set></FaultResponse></RaiseFault>' } });
	await outer('sees', byName('faulty'), { faultRules: undefined });
	expect(await g.call('/sees'), { status: 418, body: 'tea' });
});
test('nobody there', async () => {
	await outer('alone', byName('nobody'));
	expect(await g.call('/alone'), { status: 404, body: /ApplicationNotFound/ });
	await outer('wrong', byName('inner', 'other'));
	expect(await g.call('/wrong'), { status: 404, body: /ApplicationNotFound/ });
	await outer('lost', '<Path>/nowhere</Path>');
	expect(await g.call('/lost'), { status: 404, body: /ApplicationNotFound/ });
});
test('another environment is not in reach', async () => {
	await g.proxy('elsewhere', {}, { env: 'prod' });
	await outer('reaches', byName('elsewhere'));
	expect(await g.call('/reaches'), { status: 404 });
});
test('ten deep, and no deeper', async () => {
	await g.proxy('d0', { post: { response: ['show'] }, policies: { show: say('bottom') } });
	for (let i = 1; i <= 11; i++)
		await outer(`d${i}`, byName(`d${i - 1}`));
	expect(await g.call('/d10'), { status: 200, body: 'bottom' });
	expect(await g.call('/d11'), { status: 500 });
	await outer('self', '<Path>/self</Path>');
	expect(await g.call('/self'), { status: 500, body: fault('messaging.runtime.RouteFailed', 'More than 10 proxies are chained') });
	expect(await g.call('/inner'), { status: 200 }, 'and it goes on');
});
test('PostClientFlow of both', async () => {
	const tell = (name) => `<ServiceCallout><HTTPTargetConnection><URL>${target.url}/after-${name}</URL></HTTPTargetConnection></ServiceCallout>`;
	await g.proxy('afterin', { postClient: ['tell'], policies: { tell: tell('inner') } });
	await outer('afterout', byName('afterin'), { postClient: ['tell'], policies: { tell: tell('outer') } });
	expect(await g.call('/afterout'), { status: 200 });
	for (const late = Date.now() + 5000; Date.now() < late && target.seen.filter((s) => s.url.startsWith('/after-')).length < 2;)
		await new Promise((ok) => setTimeout(ok, 20));
	assert.deepEqual(target.seen.filter((s) => s.url.startsWith('/after-')).map((s) => s.url).sort(), ['/after-inner', '/after-outer']);
});
