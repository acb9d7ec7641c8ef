// SPDX-License-Identifier: Apache-2.0
// A service manager's end of sd_notify(3).
// Invariant: what it was told is kept in order.
// Source: sd_notify(3).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { until } from './gateway.mjs';

export async function manager(dir) {
	const path = join(dir, 'notify');
	const child = spawn('python3', ['-uc', `import socket,sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("up")
while True: print(s.recv(4096).decode().replace("\\n", ";"))`, path], { stdio: ['ignore', 'pipe', 'inherit'] });
	let text = '';
	child.stdout.setEncoding('utf8').on('data', (s) => { text += s; });
	await until(() => text.startsWith('up\n'));
	return { path, told: () => text.split('\n').slice(1, -1), stop: () => child.kill() };
}
