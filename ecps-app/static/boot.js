// Starts the app: first the secret leaves the address bar, then the rest loads.

const fragment = location.hash;
if (fragment) history.replaceState(null, "", location.pathname);

function showBroken() {
  document.getElementById("app").hidden = true;
  document.getElementById("broken").hidden = false;
}

// After a panic the wasm instance is not to be trusted: the page says so.
addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) showBroken();
});
addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof WebAssembly.RuntimeError) showBroken();
});

try {
  const app = await import("/openpsc_ecps_app.js");
  await app.default({ module_or_path: "/openpsc_ecps_app_bg.wasm" });
  app.start(fragment);
} catch (error) {
  console.error(error);
  showBroken();
}

// The page demands trusted types; this is the one address that it trusts.
const workers = globalThis.trustedTypes?.createPolicy("ecps-app", {
  createScriptURL(address) {
    if (address === "/sw.js") return address;
    throw new TypeError(`no script at ${address}`);
  },
});
navigator.serviceWorker
  ?.register(workers?.createScriptURL("/sw.js") ?? "/sw.js")
  .catch((error) => console.warn("The app will not open without a network.", error));
