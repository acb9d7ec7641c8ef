// SPDX-License-Identifier: Apache-2.0
// FlowCallout and shared flows: parameters, nesting, faults out of them, redeployment, circles.
// Invariant: at most ten deep; a circle ends in a fault, not in the server.
// Source: reference 4.3 (FlowCallout), 3.1 (shared flow bundle), 3.5 (SharedFlowNotFound).
import test from 'node:test';
import { bundle, expect, gateway, mark, origin, proxy, say, sharedFlow } from './gateway.mjs';

const g = await gateway();
const o = await origin();
const callout = (name, params = {}) => `<FlowCallout><SharedFlowBundle>${name}</SharedFlowBundle>` +
	`<Parameters>${Object.entries(params).map(([k, v]) => `<Parameter name="${k}"${v.ref ? ` ref="${v.ref}"/>` : `>${v}</Parameter>`}`).join('')}</Parameters></FlowCallout>`;
const variable = (name, template) => `<AssignMessage><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><AssignVariable><Name>${name}</Name><Template>${template}</Template></AssignVariable></AssignMessage>`;

test('a shared flow runs in place, and sees its parameters', async () => {
	await g.sharedFlow('common', { run: ['set'], policies: { set: variable('out', '{given} {fromref} {request.verb}') } });
	await g.proxy('caller', { pre: { request: ['call'] }, post: { response: ['show'] },
		policies: { call: callout('common', { given: 'text', fromref: { ref: 'request.queryparam.a' } }), show: say('{out}') } });
	expect(await g.call('/caller?a=1'), { status: 200, body: 'text 1 GET' });
});

test('in all four places', async () => {
	await g.sharedFlow('trail', { run: ['add'], policies: { add: variable('trail', '{trail}{where}') } });
	const at = (x) => [`c${x}`, callout('trail', { where: x })];
	await g.proxy('around', { pre: { request: ['c1'] }, targets: { default: { url: o.url, pre: { request: ['c2'], response: ['c3'] } } }, post: { response: ['c4', 'show'] },
		policies: { ...Object.fromEntries([at('1'), at('2'), at('3'), at('4')]), show: say('{trail}') } });
	expect(await g.call('/around'), { status: 200, body: '1234' });
});

test('a fault inside is a fault of the caller', async () => {
	await g.sharedFlow('fails', { run: ['stop'], policies: { stop: '<RaiseFault><FaultResponse><Set><StatusCode>451</StatusCode></Set></FaultResponse></RaiseFault>' } });
	await g.proxy('failing', { pre: { request: ['c'] }, policies: { c: callout('fails'), m: mark('x-rule', '{fault.name}') }, faultRules: [{ name: 'r', steps: ['m'] }] });
	expect(await g.call('/failing'), { status: 451, headers: { 'x-rule': 'RaiseFault' } });
});

test('a new revision is seen by those who call it', async () => {
	const flow = (text) => ({ run: ['set'], policies: { set: variable('out', text) } });
	await g.sharedFlow('changing', flow('one'));
	await g.proxy('watcher', { pre: { request: ['c'] }, post: { response: ['show'] }, policies: { c: callout('changing'), show: say('{out}') } });
	expect(await g.call('/watcher'), { body: 'one' });
	await g.sharedFlow('changing', flow('two'));
	expect(await g.call('/watcher'), { body: 'two' });
});

test('conditions on its steps', async () => {
	await g.sharedFlow('choosing', { run: [['a', 'request.queryparam.x = "1"'], ['b', 'request.queryparam.x != "1"']],
		policies: { a: variable('out', 'is'), b: variable('out', 'is not') } });
	await g.proxy('chooser', { pre: { request: ['c'] }, post: { response: ['show'] }, policies: { c: callout('choosing'), show: say('{out}') } });
	expect(await g.call('/chooser?x=1'), { body: 'is' });
	expect(await g.call('/chooser?x=2'), { body: 'is not' });
});

const chain = async (length) => {
	for (let i = length; i >= 1; i--) {
		await g.sharedFlow(`deep${length}-${i}`, i === length ? { run: ['end'], policies: { end: variable('out', 'bottom') } }
			: { run: ['next'], policies: { next: callout(`deep${length}-${i + 1}`) } });
	}
	await g.proxy(`diver${length}`, { pre: { request: ['c'] }, post: { response: ['show'] }, policies: { c: callout(`deep${length}-1`), show: say('{out}') } });
	return g.call(`/diver${length}`);
};

test('ten deep', async () => { expect(await chain(10), { status: 200, body: 'bottom' }); });
test('eleven deep is too deep', async () => { expect(await chain(11), { status: 500, body: /^\{"fault":\{"faultstring":".+","detail":\{"errorcode":".+"\}\}\}$/ }); });

test('a circle, made by redeploying', async () => {
	await g.sharedFlow('snake-b', { run: ['x'], policies: { x: variable('out', 'b') } });
	await g.sharedFlow('snake-a', { run: ['x'], policies: { x: callout('snake-b') } });
	await g.proxy('charmer', { pre: { request: ['c'] }, post: { response: ['show'] }, policies: { c: callout('snake-a'), show: say('{out}') } });
	expect(await g.call('/charmer'), { status: 200, body: 'b' });
	await g.sharedFlow('snake-b', { run: ['x'], policies: { x: callout('snake-a') } });
	for (const r of await Promise.all(Array.from({ length: 20 }, () => g.call('/charmer'))))
		expect(r, { status: 500, body: /^\{"fault":/ });
	await g.sharedFlow('snake-b', { run: ['x'], policies: { x: variable('out', 'again') } });
	expect(await g.call('/charmer'), { status: 200, body: 'again' });
});

test('a shared flow that is not deployed', async () => {
	const r = await g.import('orphan', bundle(proxy('orphan', { pre: { request: ['c'] }, policies: { c: callout('nowhere') } })));
	expect(r, { status: 201 });
	const d = await g.deploy('orphan', 1);
	if (d.status === 200)
		expect(await g.call('/orphan'), { status: 500, body: /"errorcode":"flow\.SharedFlowNotFound"/ });
	else
		expect(d, { status: 400, body: /nowhere/ });
});

test('shared flows over the API', async () => {
	expect(await g.import('listed', bundle(sharedFlow('listed', { run: ['a'], policies: { a: variable('x', 'y') } })), { kind: 'sharedflows' }), { status: 201 });
	const names = (await g.must('/sharedflows')).json;
	expect({ status: 200, headers: {}, text: String(names.includes('listed')) }, { body: 'true' });
	expect(await g.mgmt('/sharedflows/listed/revisions'), { status: 200, json: ['1'] });
	const d = expect(await g.deploy('listed', 1, { kind: 'sharedflows', override: false }), { status: 200 }).json;
	expect({ status: 200, headers: {}, text: `${d.sharedFlow} ${d.revision} ${d.state}` }, { body: 'listed 1 deployed' });
	expect(await g.undeploy('listed', 1, { kind: 'sharedflows' }), { status: 200 });
	expect(await g.mgmt('/sharedflows/listed', { method: 'DELETE' }), { status: 200 });
	expect(await g.mgmt('/sharedflows/listed'), { status: 404 });
});
