/** What people read when a login fails: a sentence and, in it, the next step. */

import type { PscErrorCode, Remedy } from './types.js';

type Sentences = Partial<Record<PscErrorCode, string>> & Record<Remedy, string>;

const FRENCH: Sentences = {
  network: 'Pas de connexion au réseau. Vérifiez-la, puis réessayez.',
  timeout: 'Le service met trop de temps à répondre. Réessayez.',
  popup_blocked: 'La fenêtre de connexion a été bloquée. Autorisez-la, puis réessayez.',
  popup_closed: 'La fenêtre de connexion est fermée. Vous pouvez recommencer.',
  access_denied: 'Connexion annulée. Vous pouvez recommencer.',
  other_person: 'Une autre personne s’est identifiée. Par sécurité, la session est fermée.',
  state_mismatch: 'Cette connexion a expiré ou vient d’un autre navigateur. Recommencez ici.',
  level_too_low: 'Ce service demande un moyen de connexion plus sûr.',
  clock_skew: 'L’horloge de cet appareil n’est pas à l’heure. Réglez-la, puis réessayez.',
  unsupported: 'Ce navigateur ne permet pas la connexion. Mettez-le à jour ou changez ses réglages.',
  retry: 'La connexion n’a pas abouti. Réessayez.',
  login: 'Reconnectez-vous pour continuer.',
  configure: 'Ce service est mal configuré. Prévenez son support.',
  contact: 'La connexion a échoué. Prévenez le support de ce service.',
};

const ENGLISH: Sentences = {
  network: 'No network. Check the connection, then try again.',
  timeout: 'The service takes too long to answer. Try again.',
  popup_blocked: 'The login window was blocked. Allow it, then try again.',
  popup_closed: 'The login window is closed. You may start again.',
  access_denied: 'Login cancelled. You may start again.',
  other_person: 'Someone else logged in. For safety, the session has ended.',
  state_mismatch: 'This login has expired or comes from another browser. Start again here.',
  level_too_low: 'This service asks for a stronger means of login.',
  clock_skew: 'The clock of this device is wrong. Set it, then try again.',
  unsupported: 'This browser does not allow the login. Update it or change its settings.',
  retry: 'The login did not succeed. Try again.',
  login: 'Log in again to go on.',
  configure: 'This service is misconfigured. Tell its support.',
  contact: 'The login failed. Tell the support of this service.',
};

/** The sentence for an error, in the language of the page. */
export function sentence(error: { code: PscErrorCode; remedy: Remedy }, language: string): string {
  const sentences = /^en/i.test(language) ? ENGLISH : FRENCH;
  return sentences[error.code] ?? sentences[error.remedy];
}
