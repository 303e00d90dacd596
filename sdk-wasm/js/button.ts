/**
 * `<psc-login-button>`: paints before anything else is loaded, and wraps an
 * ordinary link that works without JavaScript.
 *
 * It stands alone in its file: the client is fetched once it is on the page,
 * what a login needs when a pointer or the focus comes near.
 */

import { draw } from './button-look.js';
import type { LoginOptions, Psc, PscError, PscOptions } from './types.js';

type Library = typeof import('./index.js');

const LABELS = {
  fr: ['S’identifier avec', 'Connexion en cours…'],
  en: ['Sign in with', 'Signing in…'],
} as const;

/** On a server there is no element to extend, and nothing is defined. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class PscLoginButton extends Base {
  static readonly observedAttributes = ['lang'];

  #psc: Psc | undefined;
  #library: Promise<Library> | undefined;
  #parts: ReturnType<typeof draw> | undefined;
  #left: AbortController | undefined;
  #busy = false;
  #told: unknown;

  /** The client that this button shares with its page, or makes for itself. */
  get psc(): Psc | undefined {
    return this.#psc;
  }

  set psc(psc: Psc | undefined) {
    this.#psc = psc;
    if (this.isConnected) this.#join();
  }

  connectedCallback(): void {
    if (Object.hasOwn(this, 'psc')) {
      // Set before this class was known.
      const early = this.psc;
      delete (this as { psc?: Psc }).psc;
      this.#psc = early;
    }
    this.#parts ??= draw(this.attachShadow({ mode: 'open', delegatesFocus: true }));
    this.#write();
    this.#join();
  }

  disconnectedCallback(): void {
    this.#left?.abort();
  }

  attributeChangedCallback(): void {
    if (this.#parts) this.#write();
  }

  #write(): void {
    this.#parts!.lead.textContent = LABELS[this.#language()][0];
  }

  #language(): 'fr' | 'en' {
    const lang = this.closest('[lang]')?.getAttribute('lang') ?? '';
    return /^en/i.test(lang) ? 'en' : 'fr';
  }

  #join(): void {
    this.#left?.abort();
    const { signal } = this.#left = new AbortController();
    const { button } = this.#parts!;
    const near = (): void => void this.#client().then((psc) => psc.prepare(), () => {});
    button.addEventListener('click', () => this.#click(), { signal });
    for (const type of ['pointerenter', 'focusin', 'touchstart']) {
      this.addEventListener(type, near, { signal, once: true, passive: true });
    }
    // Back from the cache of the browser, nothing is in progress any more.
    addEventListener('pageshow', ({ persisted }) => persisted && this.#show(false), { signal });
    this.#client().then((psc) => {
      if (signal.aborted) return;
      psc.addEventListener('session', ({ detail }) => {
        this.#show(false);
        this.#told = detail.session;
        this.#emit('psc-session', detail);
      }, { signal });
      psc.addEventListener('error', ({ detail }) => {
        this.#say(detail);
        this.#emit('psc-error', detail);
      }, { signal });
      // Found before this button listened; moving the button tells nothing new.
      const { session } = psc;
      if (session && session !== this.#told) this.#emit('psc-session', { session: this.#told = session, why: 'restored' });
      return psc.ready();
    }).catch((error: PscError) => this.#say(error));
  }

  /** The client: the page's, or one made from the attributes. */
  async #client(): Promise<Psc> {
    if (this.#psc) return this.#psc;
    const { createPsc } = await this.#load();
    return (this.#psc ??= createPsc(this.#options()));
  }

  #load(): Promise<Library> {
    return (this.#library ??= import('./index.js').catch((error: unknown) => {
      this.#library = undefined;
      throw error;
    }));
  }

  #options(): PscOptions {
    return {
      locale: this.#language(),
      ...this.#given({
        server: 'server', issuer: 'issuer', clientId: 'client-id', redirectUri: 'redirect-uri', scope: 'scope',
      }),
    } as PscOptions;
  }

  /** The attributes that are there, under the names that the client knows. */
  #given(names: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(names).flatMap(([name, attribute]) => {
      const value = this.getAttribute(attribute);
      return value ? [[name, value]] : [];
    }));
  }

  #click(): void {
    if (this.#busy || !this.#emit('psc-before-login', {}, true)) return;
    const wish: LoginOptions = this.#given({ level: 'level', means: 'means', mode: 'mode', returnTo: 'return-to' });
    this.#show(true);
    const psc = this.#psc;
    if (!psc && wish.mode === 'popup') {
      // The client is still on its way, but a window may only open now.
      const window = open('about:blank', 'psc-login', 'popup,width=480,height=760');
      if (window) wish.window = window;
    }
    const login = psc ? psc.login(wish) : this.#client().then((late) => late.login(wish));
    login.then(() => this.#show(false), (error: PscError) => {
      wish.window?.close();
      this.#say(error);
    });
  }

  #show(busy: boolean): void {
    const { button, message } = this.#parts!;
    this.#busy = busy;
    button.ariaDisabled = `${busy}`;
    message.textContent = busy ? LABELS[this.#language()][1] : '';
  }

  #say(error: PscError): void {
    this.#show(false);
    if (error.code === 'cancelled') return;
    this.#load().then(({ sentence }) => {
      this.#parts!.message.textContent = sentence(error, this.#language());
    }, () => {});
  }

  #emit(type: string, detail: object, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }));
  }
}

if (globalThis.customElements && !customElements.get('psc-login-button')) {
  customElements.define('psc-login-button', PscLoginButton);
}
