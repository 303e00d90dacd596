// Keeps the app's own files, so that it opens without a network and can say so.
// The build writes the version, a digest of all files, and their list.

const VERSION = "@VERSION@";
const FILES = JSON.parse('["@FILES@"]');
const CACHE = `ecps-app-${VERSION}`;

async function keepFiles() {
  const cache = await caches.open(CACHE);
  // Past the HTTP cache: one version is kept, never a mixture of two.
  await cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
}

async function dropOlderVersions() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await clients.claim();
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const wanted = request.mode === "navigate" ? "/" : request;
  return (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(request);
}

addEventListener("install", (event) => event.waitUntil(keepFiles()));
addEventListener("activate", (event) => event.waitUntil(dropOlderVersions()));
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  // Calls are never kept, nor anything that is not a file of the app.
  const isFile = method === "GET" && origin === location.origin && !pathname.startsWith("/a/");
  if (isFile) event.respondWith(answer(event.request));
});
