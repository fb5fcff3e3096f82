// SPDX-License-Identifier: Apache-2.0
//
// The service worker: opens the app where there is no network. It is installed with the first
// download, keeps the app's own files, and nothing of the house's answers.
//
//     a page            network, else the shell that is kept
//     /assets/...       what is kept (their names have the hash of their bytes), else network
//     the rest          not touched: /v1, /media
declare const FILES: string[]; // by build.mjs: the shell and all that it may ask for
declare const VERSION: string;

interface Work extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Work {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

const worker = self as unknown as EventTarget & {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
};
const NAME = `primrose-${VERSION}`;

async function install() {
  const kept = await caches.open(NAME);
  await kept.addAll(FILES);
  await worker.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys())
    if (name.startsWith('primrose-') && name !== NAME) await caches.delete(name);
  await worker.clients.claim();
}

const shell = async () => (await caches.match('/')) ?? Response.error();
const page = (request: Request) => fetch(request).catch(shell);
const asset = async (request: Request) =>
  (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

worker.addEventListener('install', (event) => (event as Work).waitUntil(install()));
worker.addEventListener('activate', (event) => (event as Work).waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
  const { request, respondWith } = event as Fetching;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== 'GET') return;
  if (request.mode === 'navigate') respondWith.call(event, page(request));
  else if (FILES.includes(pathname)) respondWith.call(event, asset(request));
});
