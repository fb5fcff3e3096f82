// SPDX-License-Identifier: Apache-2.0
//
// A DynamoDB on loopback for the tests: dynalite, in memory. Prints "port N".
import { createRequire } from 'node:module';

const dynalite = createRequire(import.meta.url)('dynalite');
const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
