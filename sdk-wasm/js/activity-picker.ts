/**
 * `<psc-activity-picker>`: which activity does the professional act in now?
 *
 * Pro Santé Connect leaves the choice to the service. Give it a `session`, hear
 * `psc-activity`. A single activity is chosen by itself and nothing is asked.
 */

import type { Activity, PscActivity, Session } from './types.js';

const WORDS = {
  fr: {
    title: 'Dans quelle activité exercez-vous maintenant ?',
    place: 'Activité sans lieu déclaré',
    modes: { L: 'libéral', S: 'salarié', B: 'bénévole' },
  },
  en: {
    title: 'In which activity are you working now?',
    place: 'Activity without a declared place',
    modes: { L: 'self-employed', S: 'employed', B: 'volunteer' },
  },
} as const;

const STYLE = `
:host{display:block;--a:var(--psc-color,#14406b)}:host([hidden]){display:none}
@supports(color:light-dark(red,red)){:host{--a:var(--psc-color,light-dark(#14406b,#a9cdf2))}}
fieldset{border:0;margin:0;padding:0;min-width:0;font:var(--psc-font,400 1rem/1.4 system-ui)}
legend{padding:0;margin-bottom:.5em;font-weight:600}
label{display:flex;gap:.75em;align-items:center;min-height:48px;padding:.5em .75em;margin-top:.5em;box-sizing:border-box;
border:1px solid var(--psc-line,#8a94a0);border-radius:var(--psc-radius,.5em);cursor:pointer}
label:has(:checked){border-color:var(--a);box-shadow:inset 0 0 0 1px var(--a)}
label:has(:focus-visible){outline:3px solid var(--psc-focus,#d9731a);outline-offset:2px}
input{flex:none;width:1.25em;height:1.25em;margin:0;accent-color:var(--a);outline:none}
b{display:block;overflow-wrap:anywhere}small{font-size:.875em}
@media(forced-colors:active){label:has(:checked){border:2px solid Highlight}}`;

const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class PscActivityPicker extends Base {
  #session: Session | null = null;
  #activity: Activity | null = null;

  get session(): Session | null {
    return this.#session;
  }

  set session(session: Session | null) {
    this.#session = session;
    this.#activity = null;
    if (this.isConnected) this.#draw();
  }

  /** The activity that was chosen. */
  get activity(): Activity | null {
    return this.#activity;
  }

  /** Chooses one that the session has, as a person would: for a choice that the service remembers. */
  set activity(activity: Activity | null) {
    if (!activity || !this.#session?.activities.includes(activity)) return;
    this.#choose(activity);
    if (this.isConnected) this.#draw();
  }

  connectedCallback(): void {
    if (Object.hasOwn(this, 'session')) {
      const early = this.session;
      delete (this as { session?: Session | null }).session;
      this.#session = early;
    }
    this.#draw();
  }

  #draw(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open', delegatesFocus: true });
    if (!root.adoptedStyleSheets.length) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    }
    root.replaceChildren();
    const choices = this.#session?.activities ?? [];
    const [only] = choices;
    if (choices.length === 1 && only) this.#choose(only);
    if (choices.length < 2) return;

    const words = WORDS[/^en/i.test(this.closest('[lang]')?.getAttribute('lang') ?? '') ? 'en' : 'fr'];
    const fieldset = make('fieldset');
    fieldset.append(make('legend', words.title));
    for (const choice of choices) {
      const input = make('input');
      input.type = 'radio';
      input.name = 'activity';
      input.checked = choice === this.#activity;
      input.addEventListener('change', () => this.#choose(choice));
      const text = make('span');
      text.append(make('b', choice.place || words.place), make('small', details(choice, words.modes)));
      const label = make('label');
      label.append(input, text);
      fieldset.append(label);
    }
    root.append(fieldset);
  }

  #choose(activity: Activity): void {
    if (activity === this.#activity) return;
    this.#activity = activity;
    this.dispatchEvent(new CustomEvent('psc-activity', { detail: activity, bubbles: true, composed: true }));
  }
}

/** What tells two activities apart: the name in use, the way of working, the town. */
function details({ exercice, activity }: Activity, modes: Readonly<Record<string, string>>): string {
  const name = [exercice.codeCiviliteDexercice, exercice.prenomDexercice, exercice.nomDexercice].filter(Boolean).join(' ');
  return [name, modes[activity?.codeModeExercice ?? ''], town(activity)].filter(Boolean).join(' · ');
}

function town(activity: PscActivity | null): string {
  return activity?.bureauCedex || activity?.codePostal || '';
}

function make<K extends keyof HTMLElementTagNameMap>(name: K, text = ''): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

if (globalThis.customElements && !customElements.get('psc-activity-picker')) {
  customElements.define('psc-activity-picker', PscActivityPicker);
}
