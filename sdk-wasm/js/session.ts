/** From the session document, in either way of keeping tokens, to a `Session`. */

import type { Activity, Level, PscClaims, PscExercice, Session } from './types.js';

/** The document of `GET /psc/session`; the wasm core writes the same words. */
export interface SessionDocument {
  subject: string;
  national_id?: string | null;
  given_name?: string | null;
  family_name?: string | null;
  level?: Level | null;
  means?: string | null;
  authenticated_at: number;
  expires_at: number;
  claims?: PscClaims | null;
}

const RANKS = ['eidas1', 'eidas2', 'eidas3'];

/** An ordered minimum; an unknown level is enough only when none is demanded. */
export function isEnough(level: Level | null, demanded: Level | undefined): boolean {
  return !demanded || (level !== null && RANKS.indexOf(level) >= RANKS.indexOf(demanded));
}

export function isLevel(level: unknown): level is Level {
  return RANKS.includes(level as string);
}

/** Reads a document that has already been checked by the core or the back end. */
export function readSession(from: SessionDocument): Session {
  const claims = from.claims ?? { sub: from.subject };
  return {
    subject: from.subject,
    nationalId: from.national_id || claims.SubjectNameID || '',
    givenName: claims.given_name || from.given_name || '',
    familyName: claims.family_name || from.family_name || '',
    level: isLevel(from.level) ? from.level : null,
    means: from.means || null,
    authenticatedAt: new Date(from.authenticated_at * 1000),
    expiresAt: new Date(from.expires_at * 1000),
    claims,
    activities: activities(claims.SubjectRefPro?.exercices),
  };
}

function activities(exercices: readonly PscExercice[] | undefined): Activity[] {
  if (!Array.isArray(exercices)) return [];
  return exercices.flatMap((exercice: PscExercice) =>
    (exercice.activities?.length ? exercice.activities : [null]).map((activity) => ({
      exercice,
      activity,
      place: activity?.raisonSocialeSite || activity?.enseigneCommercialeSite || '',
    })));
}
