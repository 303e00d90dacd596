// What must not happen on any page: a breach of its own content policy, or
// an error that nobody caught.

/** Watches every page of a context; the list fills as things go wrong. */
export async function watch(context) {
  const faults = [];
  await context.exposeBinding('__policyBreach', ({ page }, breach) => {
    faults.push(`${place(page.url())}: ${breach}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.__policyBreach(`${event.effectiveDirective} forbids ${event.blockedURI} `
        + `(${event.sourceFile}:${event.lineNumber})`);
    });
  });
  context.on('console', (message) => {
    if (/content.security.policy/i.test(message.text())) {
      faults.push(`${place(message.location().url)}: ${message.text()}`);
    }
  });
  context.on('weberror', (error) => {
    faults.push(`${place(error.page()?.url())}: ${error.error().stack}`);
  });
  // Every document says what it may load, and nobody may frame it.
  context.on('response', (response) => {
    const type = response.headers()['content-type'] ?? '';
    if (!type.startsWith('text/html') || response.status() >= 300 && response.status() < 400) return;
    const policy = response.headers()['content-security-policy'] ?? '';
    if (!policy.includes("default-src 'none'") && !policy.includes("default-src 'self'")) {
      faults.push(`${place(response.url())}: its policy has no strict default: «${policy}»`);
    }
    if (/'unsafe-inline'|'unsafe-eval'|(?:^|[\s;])(?:https?:)?\*(?:[\s;]|$)/.test(policy)) {
      faults.push(`${place(response.url())}: its policy is too wide: «${policy}»`);
    }
  });
  return faults;
}

/** An address without its parameters, some of which are long and secret. */
const place = (address = '') => address.split(/[?#]/)[0];
