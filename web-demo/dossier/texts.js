// French stands in the page; English is here, with what scripts say in both.

const english = {
  skip: 'Skip to content',
  leave: 'Leave this service only',
  logout: 'Log out everywhere',
  welcome: 'Your patients’ records, where you work',
  lead: 'Identify yourself to open a record. Already logged in to another service? There is nothing more to do.',
  registered: 'Your e‑CPS will show:',
  kept: 'The tokens stay in the memory of this page: they go when it goes.',
  opening: 'Opening the record…',
  allergies: 'Allergies',
  results: 'Lab results',
  test: 'Test',
  norm: 'Range',
  toValidate: 'These results await your validation.',
  toChoose: 'First choose the activity in which you are working.',
  validate: 'Validate the results',
  treatments: 'Current treatments',
  history: 'History',
  notes: 'Latest notes',
  identification: 'Your identification',
  who: 'You are logged in',
  nationalId: 'National identifier',
  level: 'Level',
  means: 'Means',
  since: 'Logged in at',
  until: 'Until',
  other: 'Another service, without a new gesture',
  otherText: 'The practice diary is other software on another origin.',
  toAgenda: 'Go to the diary',
  claims: 'For the integrator: the data received',
  footer: 'Demonstration service: practitioners and patients are invented.',
};

const spoken = {
  fr: {
    eidas1: 'Faible (eidas1)',
    eidas2: 'Substantiel (eidas2)',
    eidas3: 'Élevé (eidas3)',
    CARD: 'Carte CPS',
    MOBILE: 'e‑CPS (téléphone)',
    notStated: 'Non précisé',
    watch: 'à surveiller',
    expiring: 'Votre session se termine dans une minute.',
    opening: 'Ouverture du dossier…',
    noRecord: 'Le dossier n’a pas pu être ouvert.',
    validated: (name) => `Résultats validés par ${name}.`,
    facts: (born, age, file) => `Née le ${born} (${age} ans) · Dossier ${file}`,
    sinceDate: (date) => `depuis ${date}`,
  },
  en: {
    eidas1: 'Low (eidas1)',
    eidas2: 'Substantial (eidas2)',
    eidas3: 'High (eidas3)',
    CARD: 'CPS card',
    MOBILE: 'e‑CPS (phone)',
    notStated: 'Not stated',
    watch: 'to watch',
    expiring: 'Your session ends in a minute.',
    opening: 'Opening the record…',
    noRecord: 'The record could not be opened.',
    validated: (name) => `Results validated by ${name}.`,
    facts: (born, age, file) => `Born ${born} (${age} years old) · Record ${file}`,
    sinceDate: (date) => `since ${date}`,
  },
};

/** As chosen here, or as the browser speaks. */
export function language() {
  const chosen = localStorage.getItem('language') ?? navigator.languages.find((tag) => /^(fr|en)/i.test(tag)) ?? 'fr';
  return /^en/i.test(chosen) ? 'en' : 'fr';
}

/** How dates and numbers are written. */
export function locale() {
  return language() === 'en' ? 'en-GB' : 'fr-FR';
}

export function switchLanguage() {
  localStorage.setItem('language', language() === 'en' ? 'fr' : 'en');
}

/** A sentence of the script; a word nobody knows is said as it is. */
export function say(name, ...given) {
  const words = spoken[language()][name] ?? name;
  return typeof words === 'function' ? words(...given) : words;
}

/** Puts the page in the language of the person. */
export function speak() {
  const other = document.getElementById('language');
  other.textContent = language() === 'en' ? 'Français' : 'English';
  other.lang = language() === 'en' ? 'fr' : 'en';
  if (language() === 'fr') return;
  document.documentElement.lang = 'en';
  document.title = 'Feuillet, the patient record';
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = english[element.dataset.text];
  for (const element of document.querySelectorAll('[data-label]')) element.ariaLabel = english[element.dataset.label];
}
