// A patient's file on the page. Nothing here is about logging in.

import { language, locale, say } from '/texts.js';

const $ = (id) => document.getElementById(id);

function make(name, text = '', className = '') {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

const day = (iso) => new Date(iso).toLocaleDateString(locale(), { day: 'numeric', month: 'long', year: 'numeric' });
const month = (iso) => new Date(iso).toLocaleDateString(locale(), { month: 'short', year: 'numeric' });
const number = (value, digits) => value.toLocaleString(locale(), { minimumFractionDigits: digits });

/** Fills the page with a patient, or empties it. */
export function showRecord(patient) {
  for (const id of ['results', 'treatments', 'history', 'notes']) $(id).replaceChildren();
  for (const id of ['patient-facts', 'allergies']) $(id).textContent = '';
  // A heading is never empty: a screen reader would say nothing at all.
  $('patient-name').textContent = say('opening');
  if (!patient) return;

  const tongue = language();
  const age = new Date().getFullYear() - new Date(patient.born).getFullYear();
  $('patient-name').textContent = patient.name;
  $('patient-facts').textContent = say('facts', day(patient.born), age, patient.file);
  $('allergies').textContent = patient.allergies.map((allergy) => allergy[tongue]).join(', ');

  for (const result of patient.results) {
    const row = make('tr');
    const head = make('th', result[tongue]);
    head.scope = 'row';
    head.append(' ', make('small', result.unit));
    const [last, ...before] = result.values.map((value) => make('td', number(value, result.digits)));
    if (result.high) {
      last.className = 'high';
      last.append(' ', make('small', say('watch')));
    }
    row.append(head, last, make('td', result.norm[tongue] ?? result.norm, 'norm'), ...before);
    $('results').append(row);
  }
  for (const { drug, since, ...words } of patient.treatments) {
    $('treatments').append(line(drug, words[tongue], say('sinceDate', month(since))));
  }
  for (const { since, ...words } of patient.history) $('history').append(line(words[tongue], '', since));
  for (const { day: date, by, ...words } of patient.notes) {
    const note = make('li');
    note.append(make('p', day(date), 'when'), make('p', words[tongue]), make('p', by, 'by'));
    $('notes').append(note);
  }
}

function line(title, detail, when) {
  const item = make('li');
  const words = make('p');
  words.append(make('b', title));
  if (detail) words.append(' ', make('span', detail));
  item.append(words, make('p', when, 'when'));
  return item;
}
