// SPDX-License-Identifier: Apache-2.0
// Eight rounds of tests/soak/kill9.mjs; `make soak` runs fifty.
// Invariant: what was answered 200 or 201 is there after the restart, and nothing half-made is.
// Source: tests/soak/kill9.mjs.
import test from 'node:test';
import { rounds } from '../soak/kill9.mjs';

test('kill -9 at a random moment, eight times', () => rounds(8, () => {}));
