// SPDX-License-Identifier: Apache-2.0
//
// A packager that we did not write fetches our keys: Shaka Packager asks `primrose serve` by the
// Widevine Common Encryption API, and what it encrypts is opened by the key of our own licence.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, test } from './support/tap.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const source = process.env.PRIMROSE_SOURCE ?? path.join(here, '../..');
const build = process.env.PRIMROSE_BUILD ?? path.join(source, 'build');
const clips = path.join(process.env.PRIMROSE_SHARED ?? path.join(source, '../shared'), 'clips');
const clip = path.join(clips, 'croatia_1080p25_avc_aac.mp4');
const packager = path.join(here, 'node_modules/shaka-packager/bin/packager-linux-x64');

const KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const IV = '0f0e0d0c0b0a09080706050403020100';

let folder, server, url;

const pack = (args) => spawnSync(packager, args, { encoding: 'utf8', timeout: 60_000 });

const encrypt = (name, stream, key, scheme) =>
  pack([
    `in=${clip},stream=${stream},output=${path.join(folder, name)}`,
    '--enable_widevine_encryption',
    ...['--key_server_url', `${url}/v1/licences/key-server`],
    ...['--content_id', Buffer.from('film-1').toString('hex')],
    ...['--signer', 'packager1', '--aes_signing_key', key, '--aes_signing_iv', IV],
    ...['--protection_scheme', scheme, '--clear_lead', '0'],
  ]);

// default_KID of the first tenc box.
function keyIdOf(file) {
  const bytes = readFileSync(file);
  const at = bytes.indexOf('tenc', 0, 'latin1');
  assert.ok(at > 0, `${file} has no tenc box`);
  return bytes.subarray(at + 12, at + 28);
}

// A play's entitlement, signed as the role api signs it.
function token() {
  const key = createPrivateKey(readFileSync(path.join(folder, 'data/keys/entitlement.pem')));
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ aud: 'license', jti: 'ent_1', sid: 'session_1', sub: 'guest', title: 'film-1' },
    ...{ profile: '', device: '', rental: '', territory: '', classes: ['audio', 'sd', 'hd'] },
    ...{ iat: now, nbf: now, exp: now + 600, rental_start_by_s: 0, rental_play_s: 0 },
    ...{
      offline_start_s: 0,
      offline_play_s: 0,
      offline_until_s: 0,
      account_streams_max: 0,
      title_streams_max: 0,
    },
  };
  const text = [{ alg: 'EdDSA', typ: 'entitlement+jwt', kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}

// What our licence gives for a key id.
async function licensed(kid) {
  const response = await fetch(`${url}/v1/licences/clearkey`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token()}` },
    body: JSON.stringify({ kids: [kid.toString('base64url')], type: 'temporary' }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return Buffer.from((await response.json()).keys[0].k, 'base64url');
}

// Size and digest of every sample as it lies in the file.
function samples(file) {
  const done = spawnSync(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-map', '0:0', '-c', 'copy', '-f', 'framemd5', '-'],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  assert.equal(done.status, 0, done.stderr);
  return done.stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').slice(4, 6).join().trim());
}

for (const [stream, scheme] of [
  ['video', 'cenc'],
  ['video', 'cbcs'],
  ['audio', 'cbcs'],
])
  test(`${scheme} ${stream} that it encrypted opens with the key of our licence`, async () => {
    const [clear, sealed, opened] = ['clear', scheme, 'opened'].map((name) =>
      path.join(folder, `${stream}-${name}.mp4`),
    );
    const done = encrypt(path.basename(sealed), stream, KEY, scheme);
    assert.equal(done.status, 0, done.stderr);
    assert.equal(pack([`in=${clip},stream=${stream},output=${clear}`]).status, 0);
    const kid = keyIdOf(sealed);
    const key = await licensed(kid);
    const keys = `label=:key_id=${kid.toString('hex')}:key=${key.toString('hex')}`;
    const open = pack([
      `in=${sealed},stream=${stream},output=${opened}`,
      ...['--enable_raw_key_decryption', '--keys', keys],
    ]);
    assert.equal(open.status, 0, open.stderr);
    assert.deepEqual(samples(opened), samples(clear));
    assert.notDeepEqual(samples(sealed), samples(clear));
  });

test('with another signing key it gets nothing', () => {
  const done = encrypt('none.mp4', 'video', KEY.replace('00', 'ff'), 'cenc');
  assert.notEqual(done.status, 0);
  assert.match(done.stderr, /401|HTTP_FAILURE|key source/);
});

await run({
  before: async () => {
    if (!existsSync(packager)) return { skip: `${packager} is not there: npm ci in tests/browser` };
    if (!existsSync(clip)) return { skip: `${clip} is not there: set PRIMROSE_SHARED` };
    folder = mkdtempSync(path.join(tmpdir(), 'primrose-keyserver-'));
    mkdirSync(path.join(folder, 'data'));
    const partners = path.join(folder, 'partners.json');
    writeFileSync(
      partners,
      JSON.stringify({ packagers: [{ name: 'packager1', key: KEY, iv: IV }] }),
      {
        mode: 0o600,
      },
    );
    server = spawn(
      path.join(build, 'primrose'),
      [
        'serve',
        '--listen',
        '127.0.0.1:0',
        '--roles',
        'license',
        '--data',
        path.join(folder, 'data'),
        '--partners',
        partners,
        '--json',
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    url = await new Promise((resolve, reject) => {
      server.stdout.once('data', (line) => resolve(JSON.parse(line).url.replace(/\/$/, '')));
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    return {};
  },
  after: async () => {
    if (server && server.exitCode === null) {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await gone;
    }
    if (folder) rmSync(folder, { recursive: true, force: true });
  },
});
