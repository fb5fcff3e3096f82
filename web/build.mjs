// SPDX-License-Identifier: Apache-2.0
//
// Bundles the web app into a folder of hashed files and, with --table, into the C table that
// app/assets.h describes.
//
//   node build.mjs --out DIR [--abr ABR.wasm] [--table FILE.c] [--depfile FILE.d]
//
// Without --abr, the app leaves adaptation to the engine's own rule.
//
// The same sources and the same Node.js (its zlib) give the same bytes, whatever the folder, the
// time or the machine.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { tableText } from './embed.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

// What npm really put there, against what the lock asks for: name@version, one a line.
function packages(file) {
  if (!existsSync(file)) return null;
  const entries = Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages);
  return new Map(entries.filter(([name]) => name !== '').map(([name, facts]) => [name, facts]));
}

function isInstalled() {
  const installed = packages(path.join(here, 'node_modules/.package-lock.json'));
  const wanted = packages(path.join(here, 'package-lock.json'));
  return (
    installed !== null &&
    [...wanted].every(([name, { version, optional }]) =>
      installed.has(name) ? installed.get(name).version === version : optional === true,
    )
  );
}

function install() {
  if (isInstalled()) return;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: here, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(
      `web: "npm ${args.join(' ')}" failed in ${here}: is npm 9 or later there, and a network?`,
    );
    process.exit(1);
  }
}

// The module that the C side built, under the name by which the app imports it.
const abrModule = (file) => ({
  name: 'abr',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/abr\.wasm$/ }, () => ({ path: 'abr.wasm', namespace: 'abr' }));
    onLoad({ filter: /.*/, namespace: 'abr' }, () =>
      file
        ? { contents: readFileSync(file), loader: 'file', watchFiles: [path.resolve(file)] }
        : { contents: "export default ''", loader: 'js' },
    );
  },
});

async function bundle(abr) {
  const { build } = await import('esbuild');
  return build({
    absWorkingDir: here,
    entryPoints: { app: 'src/main.tsx' },
    outdir: 'out', // written nowhere: it only names the outputs, alike in every build folder
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'linked',
    metafile: true,
    charset: 'utf8',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.svg': 'file' },
    plugins: [abrModule(abr)],
    publicPath: '/assets',
    logLevel: 'warning',
  });
}

// The service worker, told which files the app may ask for; another version of them is another
// worker. One file that the house does not answer would undo its installation: "/watch/" has the
// shell of the pages below it and is none itself.
async function buildWorker(assets) {
  const { build } = await import('esbuild');
  const isAsked = (url) => url !== '/watch/' && !url.endsWith('.txt');
  const files = assets.map(({ url }) => url).filter(isAsked);
  const hash = createHash('sha256').update(assets.map(({ hash: one }) => one).join());
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: { worker: 'src/worker.ts' },
    outdir: 'out',
    write: false,
    bundle: true,
    format: 'iife',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    minify: true,
    charset: 'utf8',
    define: {
      FILES: JSON.stringify(files),
      VERSION: JSON.stringify(hash.digest('hex').slice(0, 16)),
    },
    logLevel: 'warning',
  });
  return asset('/worker.js', Buffer.from(outputFiles[0].contents), false);
}

function asset(url, bytes, isImmutable) {
  const packed = gzipSync(bytes, { level: 9 });
  // The slowest setting, the default: it is done once. Browsers take it over HTTPS and from the
  // machine itself.
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  return {
    url,
    type: types[path.extname(url.endsWith('/') ? 'index.html' : url)],
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    bytes,
    gzip: packed.length < bytes.length * 0.9 ? packed : null,
    brotli: brotli.length < packed.length && packed.length < bytes.length * 0.9 ? brotli : null,
    isImmutable,
  };
}

async function collect(result) {
  const assets = result.outputFiles.map((file) =>
    asset(`/assets/${path.basename(file.path)}`, Buffer.from(file.contents), true),
  );
  const [script, entry] = Object.entries(result.metafile.outputs).find(
    ([, output]) => output.entryPoint === 'src/main.tsx',
  );
  // What the script imports at once, so that it need not be read before that is asked for.
  const early = entry.imports
    .filter(({ kind, external }) => kind === 'import-statement' && !external)
    .map((one) => `<link rel="modulepreload" href="/assets/${path.basename(one.path)}" />`);
  const shell = (links) =>
    readFileSync(path.join(here, 'src/index.html'), 'utf8')
      .replace('%EARLY%', links.join('\n    '))
      .replace('%SCRIPT%', `/assets/${path.basename(script)}`)
      .replace('%STYLE%', `/assets/${path.basename(entry.cssBundle)}`);
  assets.push(asset('/', Buffer.from(shell(early)), false));
  // The page that plays wants the engine and the rule, too: it asks for them before the app's own
  // script has been read.
  const named = (part) => assets.map(({ url }) => url).filter((url) => part.test(url));
  const engine = [
    ...named(/\/shaka-player[^/]*\.js$/).map((url) => `<link rel="modulepreload" href="${url}" />`),
    ...named(/\.wasm$/).map((url) => `<link rel="preload" as="fetch" crossorigin href="${url}" />`),
  ];
  assets.push(asset('/watch/', Buffer.from(shell([...early, ...engine])), false));
  for (const name of readdirSync(path.join(here, 'public')))
    assets.push(asset(`/${name}`, readFileSync(path.join(here, 'public', name)), false));
  assets.push(await buildWorker(assets));
  return assets.sort((a, b) => (a.url < b.url ? -1 : 1));
}

// On disk an asset has the name it has in its URL, a shell is index.html. An old file would be no
// harm, but confuse.
function write(out, assets) {
  rmSync(out, { recursive: true, force: true });
  for (const entry of assets) {
    entry.file = path.join(out, entry.url + (entry.url.endsWith('/') ? 'index.html' : ''));
    mkdirSync(path.dirname(entry.file), { recursive: true });
    writeFileSync(entry.file, entry.bytes);
    if (entry.gzip) writeFileSync(`${entry.file}.gz`, entry.gzip);
    if (entry.brotli) writeFileSync(`${entry.file}.br`, entry.brotli);
  }
}

function inputs(result) {
  const own = [
    'build.mjs',
    'embed.mjs',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'src/index.html',
    'src/worker.ts',
  ];
  const shown = readdirSync(path.join(here, 'public')).map((name) => `public/${name}`);
  return [
    ...own,
    ...shown,
    'public',
    ...Object.keys(result.metafile.inputs).filter((name) => !name.startsWith('abr:')),
  ].map((name) => path.join(here, name));
}

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    abr: { type: 'string' },
    table: { type: 'string' },
    depfile: { type: 'string' },
  },
});
if (!options.out) {
  console.error(
    'usage: node build.mjs --out DIR [--abr ABR.wasm] [--table FILE.c] [--depfile FILE.d]',
  );
  process.exit(2);
}
install();
const result = await bundle(options.abr);
const assets = await collect(result);
write(options.out, assets);
if (options.table) writeFileSync(options.table, tableText(assets));
if (options.depfile) {
  const names = inputs(result).map((name) => name.replace(/[ #]/g, '\\$&'));
  writeFileSync(options.depfile, `${options.table}: ${names.join(' \\\n  ')}\n`);
}
