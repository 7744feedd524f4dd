// SPDX-License-Identifier: GPL-3.0-or-later
// npm run mock [-- port sessions]
import { startMock } from "./mock";
import { PASSWORD } from "./world";

const mock = await startMock(Number(process.argv[2] ?? 8099), Number(process.argv[3] ?? 28));
console.log(`mock at ${mock.url}/ and ${mock.url}/station (kaya / ${PASSWORD})`);
