/** How the button looks: original artwork, built without markup or inline style. */

const STYLE = `
:host{display:inline-block;max-width:100%;--a:var(--psc-color,#14406b);--b:var(--psc-ink,#fff)}
@supports(color:light-dark(red,red)){:host{--a:var(--psc-color,light-dark(#14406b,#a9cdf2));
--b:var(--psc-ink,light-dark(#fff,#0d2238))}}
:host([hidden]),p:empty{display:none}
button{all:unset;box-sizing:border-box;display:inline-flex;align-items:center;gap:.75em;min-height:48px;max-width:100%;
padding:.5em 1.25em .5em .9em;border:2px solid var(--a);border-radius:var(--psc-radius,.5em);
background:var(--a);color:var(--b);font:var(--psc-font,500 1rem/1.2 system-ui);cursor:pointer}
:host([look=outline]) button{background:none;color:var(--a)}
button:hover{filter:brightness(1.12)}
button:focus-visible{outline:3px solid var(--psc-focus,#d9731a);outline-offset:2px}
[aria-disabled=true]{cursor:progress;opacity:.75}
svg,::slotted(*){flex:none;height:30px;width:auto}
b{display:block;font-weight:700}
p{margin:.5em 0 0;max-width:26em}
@media(forced-colors:active){button,:host([look=outline]) button{background:ButtonFace;color:ButtonText}}`;

/** A badge with a person and two lines: drawn for this project. */
const MARK = 'M3 6.5h26a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H3A1.5 1.5 0 0 1 1.5 24V8A1.5 1.5 0 0 1 3 6.5z'
  + 'M13 6.5v-3h6v3M10 17a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM5 22a5 5 0 0 1 10 0M19.5 13.5h7M19.5 18.5h4.5';

const SVG = 'http://www.w3.org/2000/svg';

interface Parts {
  button: HTMLButtonElement;
  /** The words above the name. */
  lead: HTMLElement;
  message: HTMLElement;
}

/** Builds the inside of the button, once. */
export function draw(root: ShadowRoot): Parts {
  const make = <K extends keyof HTMLElementTagNameMap>(name: K, attributes = {}): HTMLElementTagNameMap[K] =>
    dress(document.createElement(name), attributes);
  const mark = dress(document.createElementNS(SVG, 'svg'), {
    viewBox: '0 0 32 28', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.2',
    'stroke-linejoin': 'round', 'stroke-linecap': 'round',
  });
  mark.append(dress(document.createElementNS(SVG, 'path'), { d: MARK }));
  const slot = make('slot', { name: 'logo' });
  const label = make('span');
  const lead = make('span');
  const name = make('b', { lang: 'fr' });
  const button = make('button', { part: 'button', type: 'button' });
  const message = make('p', { part: 'message', role: 'status' });
  name.textContent = 'Pro Santé Connect';
  slot.append(mark);
  label.append(lead, ' ', name);
  button.append(slot, label);
  // A constructed sheet passes `style-src 'none'`; a style element would not.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(button, message);
  return { button, lead, message };
}

function dress<T extends Element>(element: T, attributes: Record<string, string>): T {
  for (const name in attributes) element.setAttribute(name, attributes[name] as string);
  return element;
}
