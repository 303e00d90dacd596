// Tells a page of a service whether the session that it knows is still the one
// of this browser (OpenID Connect Session Management 1.0 §3).
//
// The page sends "client_id session_state"; it hears "unchanged", "changed" or
// "error". What this page compares with is a cookie that opens nothing: a salt
// and the digest of the session's name. The provider is asked once for each
// service whether the asking origin is its own.

const COOKIE = "__Host-openpsc-state=";
const MOST_SERVICES = 20;
const known = new Map();

async function digest(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const plain = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function ask(clientId, origin) {
  const asked = new URLSearchParams({ client_id: clientId, origin });
  const answer = await fetch(`${location.pathname}/init?${asked}`, { credentials: "omit" });
  return answer.status === 204;
}

/** Whether the origin is the service's own; a failure is not remembered. */
function livesThere(clientId, origin) {
  const key = `${clientId} ${origin}`;
  if (!known.has(key)) {
    if (known.size >= MOST_SERVICES) return false;
    const asked = ask(clientId, origin).catch(() => {
      known.delete(key);
      return false;
    });
    known.set(key, asked);
  }
  return known.get(key);
}

async function compare(state) {
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(COOKIE));
  if (!cookie) {
    // A browser that hides our cookies from frames of other sites knows nothing,
    // which is not the same as nobody being logged in.
    const sees = await (document.hasStorageAccess?.() ?? true);
    return sees ? "changed" : "error";
  }
  const [salt, expected] = cookie.slice(COOKIE.length).split(".");
  return (await digest(`${salt}.${state}`)) === expected ? "unchanged" : "changed";
}

async function answer(text, origin) {
  const at = typeof text === "string" ? text.lastIndexOf(" ") : -1;
  const [clientId, state] = [text?.slice?.(0, at), text?.slice?.(at + 1)];
  if (at < 1 || !state) return "error";
  return (await livesThere(clientId, origin)) ? compare(state) : "error";
}

addEventListener("message", async ({ data, origin, source }) => {
  // §3.2: only whoever lives where the page around this one does.
  const around = location.ancestorOrigins?.[0];
  if (!source || source === window || origin === "null" || (around && around !== origin)) return;
  source.postMessage(await answer(data, origin).catch(() => "error"), origin);
});
