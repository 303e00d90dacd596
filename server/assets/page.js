// Follows a login or an enrolment: draws the QR code, learns the state by
// server-sent events, long poll or plain poll, and shows what the server
// writes for it. Every word comes from the server; this file has none.

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const main = () => document.getElementById("main");

/** Asks the server itself: a browser would keep a « 410 Gone » for ever. */
const get = (url, accept) => fetch(url, { cache: "no-store", headers: { accept } });

/** What is being followed; replaced whenever the page is. */
let following = null;

/** Says a sentence to screen readers, without moving anything. */
async function announce() {
  // A region filled while the page is still being read out is not heard.
  await pause(600);
  const live = document.getElementById("live");
  const sentence = main().querySelector("[data-say]")?.dataset.say;
  if (live && sentence && live.textContent !== sentence) live.textContent = sentence;
}

/** Takes the server's page for the present state in place of this one. */
async function refresh() {
  const answer = await get(location.href, "text/html");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = fresh.getElementById("main");
  if (!answer.ok || answer.redirected || !next) return location.replace(answer.url);
  const late = main().querySelector(".late:not([hidden])");
  main().replaceWith(document.adoptNode(next));
  document.title = fresh.title;
  if (late) main().querySelector(".late")?.removeAttribute("hidden");
  start();
  // The end of a wait is a new page to whoever reads with a screen reader.
  if (!main().dataset.ask) main().querySelector("h1")?.focus();
}

let renewed = 0;

/** Nobody scanned the code in its time: asking for the page makes a fresh one,
 * and nothing moves under the hands of whoever types or reads. */
async function renew() {
  following.left = true;
  while (document.visibilityState !== "visible") await pause(1000);
  const hurried = renewed && performance.now() - renewed < 30000;
  renewed = performance.now();
  const answer = hurried ? null : await get(location.pathname, "text/html").catch(() => null);
  const fresh = new DOMParser().parseFromString((await answer?.text()) ?? "", "text/html");
  if (answer?.ok && fresh.getElementById("main")?.dataset.changed) follow();
  else location.replace(main().dataset.changed);
}

/** The state moved on: leave, or show it. */
function moved(state) {
  if (!following || state === following.state || following.left) return;
  const { changed, approved } = main().dataset;
  following.state = state;
  if (state === "approved" && approved) {
    following.left = true;
    location.replace(approved);
  } else if (changed && state === "expired") {
    renew();
  } else if (changed) {
    following.left = true;
    location.replace(changed);
  } else {
    refresh().catch(() => pause(1000).then(refresh)).catch(() => location.reload());
  }
}

/** Asks for the state once; `wait` holds the answer until it moves. */
async function ask(it, wait) {
  const url = `${it.ask}?known=${encodeURIComponent(it.state)}&wait=${wait}`;
  const answer = await get(url, "application/json");
  // The login is gone, or not this browser's: the page says so in words.
  if ([401, 403, 404, 410].includes(answer.status)) return location.reload();
  if (!answer.ok) throw new Error(`state: ${answer.status}`);
  const { state } = await answer.json();
  if (it === following) moved(state);
}

async function poll(it) {
  for (let failures = 0; it === following && !it.left; ) {
    try {
      await ask(it, it.every ? 0 : 25);
      failures = 0;
      // An early answer must not turn the long poll into a storm.
      await pause(it.every || 300);
    } catch {
      failures += 1;
      await pause(Math.min(1000 * failures, 5000));
    }
  }
}

function listen(it) {
  const events = new EventSource(it.events);
  it.close = () => events.close();
  events.addEventListener("state", ({ data }) => {
    if (it === following) moved(JSON.parse(data).state);
  });
  // Proxies break streams; the long poll passes everywhere.
  events.onerror = () => {
    events.close();
    if (it === following) poll(it);
  };
}

function follow() {
  following?.close?.();
  const { state, ask: url, events, askEvery } = main().dataset;
  if (!url) return (following = null);
  following = { state, ask: url, events, every: Number(askEvery) || 0 };
  if (events && window.EventSource) listen(following);
  else poll(following);
}

/** Draws the QR code again and again, and says when it can no longer. */
async function draw(svg) {
  const every = Number(svg.dataset.qrEvery);
  const home = svg.closest("[data-needs-script]");
  const late = document.querySelector("[data-qr-late]");
  let missed = 0;
  while (svg.isConnected) {
    const began = performance.now();
    if (document.visibilityState === "visible") {
      try {
        const answer = await get(svg.dataset.qr, "application/json");
        // A code that cannot be renewed must not be left standing.
        if (!answer.ok) throw new Error(`qr: ${answer.status}`);
        const { size, path, link } = await answer.json();
        svg.setAttribute("viewBox", `-4 -4 ${size + 8} ${size + 8}`);
        svg.firstElementChild.setAttribute("d", path);
        const here = document.querySelector("[data-qr-link]");
        if (here && link) here.href = link;
        if (home) home.hidden = false;
        svg.classList.remove("stale");
        missed = 0;
      } catch {
        svg.classList.add("stale");
        missed += 1;
      }
      // One lost answer is nothing to tell; the page may be about to move on.
      if (late) late.hidden = missed < 3;
    }
    await pause(Math.max(200, every - (performance.now() - began)));
  }
}

/** Counts the time down, and tells after a while what may be wrong. */
function count() {
  const it = main();
  const timer = it.querySelector("[data-left]");
  const bar = it.querySelector("[data-left-bar]");
  const late = it.querySelector("[data-late-in]");
  const began = performance.now();
  const left = Number(timer?.dataset.left);
  const lateIn = Number(late?.dataset.lateIn);
  const tick = () => {
    if (!it.isConnected) return;
    const passed = (performance.now() - began) / 1000;
    if (timer) {
      const seconds = Math.max(0, Math.round(left - passed));
      timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (bar) bar.value = seconds;
    }
    if (late && passed >= lateIn) late.hidden = false;
    setTimeout(tick, 500);
  };
  if (timer || late) tick();
}

/** Whoever sends a form leaves: the state that it changes must not overtake it. */
addEventListener("submit", (event) => {
  if (following && !event.defaultPrevented && !event.target.target) following.left = true;
});

/** A second click must not send a second request to the phone. */
function onlyOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

function start() {
  main().querySelectorAll("svg[data-qr]").forEach(draw);
  main().querySelectorAll("form[data-once]").forEach(onlyOnce);
  count();
  announce();
  follow();
}

/** Coming back from the app: the answer may be there already. */
const back = () => {
  if (document.visibilityState === "visible" && following && !following.left) {
    ask(following, 0).catch(() => {});
  }
};
document.addEventListener("visibilitychange", back);
addEventListener("focus", back);
addEventListener("online", back);
addEventListener("pageshow", (event) => {
  // A page out of the back-forward cache is as old as it was left.
  if (event.persisted) {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
    location.reload();
  }
});

start();
