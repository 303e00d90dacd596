/** The public words of the SDK. Wire names of claims are kept as on the wire. */

/** How strong a login was, from low to high. */
export type Level = 'eidas1' | 'eidas2' | 'eidas3';

/** The service's back end keeps the tokens; the page has a cookie. */
export interface ServerKept {
  /** Where the back end answers: `'/psc'` means `/psc/session`, `/psc/login` and `/psc/logout`. */
  server: string | { session: string; login: string; logout: string };
}

/** The page keeps the tokens, in memory. Read the README before choosing it. */
export interface BrowserKept {
  issuer: string;
  clientId: string;
  /** Where the answer comes back, as registered. By default this very page. */
  redirectUri?: string;
  /** By default `openid scope_all`. */
  scope?: string;
  /** The origins that may receive the access token. By default none. */
  apis?: readonly string[];
  /** After a reload, asks the provider once, without a page, whether the session still stands. */
  restore?: boolean;
  /**
   * Binds the tokens to a key of this browser (DPoP, RFC 9449) where the provider
   * can. Your interfaces must then take `Authorization: DPoP` and check the proof.
   */
  dpop?: boolean;
}

export interface CommonOptions {
  /** The least level of every login. */
  level?: Level;
  locale?: 'fr' | 'en';
  /** How the login page opens; a phone always redirects. */
  mode?: 'redirect' | 'popup';
  /** Where `core.wasm` is, or its bytes; for bundlers that do not copy it. */
  wasm?: URL | BufferSource;
}

export type PscOptions = (ServerKept | BrowserKept) & CommonOptions;

export interface LoginOptions {
  level?: Level;
  /** How old the login may be, in seconds; older means that the person proves again who they are. */
  maxAge?: number;
  /** A path of this origin. By default where the person is. */
  returnTo?: string;
  mode?: 'redirect' | 'popup';
  /** Opens that tab of the login page; never a restriction. */
  means?: 'ecps' | 'card' | 'passkey';
  /** A window that the page opened itself in the click, when it must await something first. */
  window?: Window;
  signal?: AbortSignal;
}

export interface LogoutOptions {
  /** Leaves the session at the provider alone: for an automatic or idle logout. */
  local?: boolean;
  returnTo?: string;
}

/** Who is logged in. Empty texts of the wire are absent or `''` here. */
export interface Session {
  readonly subject: string;
  readonly nationalId: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly level: Level | null;
  readonly means: 'CARD' | 'MOBILE' | (string & {}) | null;
  readonly authenticatedAt: Date;
  readonly expiresAt: Date;
  readonly claims: PscClaims;
  /** Every activity of every exercise, flattened for a choice. */
  readonly activities: readonly Activity[];
}

/** One thing that the professional does, somewhere. */
export interface Activity {
  readonly exercice: PscExercice;
  /** Absent when the exercise has no activity. */
  readonly activity: PscActivity | null;
  /** The name of the place, when the directory has one. */
  readonly place: string;
}

/** The userinfo document, as on the wire: everything but `sub` may be absent. */
export interface PscClaims {
  readonly sub: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly preferred_username?: string;
  readonly SubjectNameID?: string;
  readonly SubjectRole?: readonly string[];
  readonly SubjectOrganization?: string;
  readonly SubjectOrganizationID?: string;
  readonly Secteur_Activite?: string;
  readonly SubjectRefPro?: SubjectRefPro;
  readonly otherIds?: readonly OtherId[];
  readonly authMode?: string;
  readonly codeCivilite?: string;
  readonly codeGenreActivite?: string;
  readonly email_verified?: boolean;
  readonly Mode_Acces_Raison?: string;
  readonly Acces_Regulation_Medicale?: string;
  readonly UITVersion?: string;
  readonly Palier_Authentification?: string;
  readonly PSI_Locale?: string;
  readonly [other: string]: unknown;
}

export interface OtherId {
  readonly identifiant: string;
  readonly origine: string;
  readonly qualite?: number;
}

export interface SubjectRefPro {
  readonly codeCivilite?: string;
  readonly exercices?: readonly PscExercice[];
}

export interface PscExercice {
  readonly codeProfession?: string;
  readonly codeCategorieProfessionnelle?: string;
  readonly codeCiviliteDexercice?: string;
  readonly nomDexercice?: string;
  readonly prenomDexercice?: string;
  readonly codeTypeSavoirFaire?: string;
  readonly codeSavoirFaire?: string;
  readonly activities?: readonly PscActivity[];
  readonly [other: string]: unknown;
}

export interface PscActivity {
  readonly codeModeExercice?: string;
  readonly codeSecteurDactivite?: string;
  readonly codeSectionPharmacien?: string;
  readonly codeRole?: string;
  readonly codeGenreActivite?: string;
  readonly numeroSiretSite?: string;
  readonly numeroSirenSite?: string;
  readonly numeroFinessSite?: string;
  /** The small `e` is the wire's. */
  readonly numeroFinessetablissementJuridique?: string;
  readonly identifiantTechniqueDeLaStructure?: string;
  readonly raisonSocialeSite?: string;
  readonly enseigneCommercialeSite?: string;
  readonly codePostal?: string;
  readonly codeCommune?: string;
  readonly bureauCedex?: string;
  readonly ancienIdentifiantDeLaStructure?: string;
  readonly autoriteDenregistrement?: string;
  readonly [other: string]: unknown;
}

export type Why = 'login' | 'restored' | 'step-up' | 'logout' | 'expired' | 'other-tab';

export interface PscEvents {
  session: CustomEvent<{ session: Session | null; why: Why }>;
  /** Once, a minute before the session ends. */
  expiring: CustomEvent<{ at: Date }>;
  error: CustomEvent<PscError>;
}

export type PscErrorCode =
  | 'configuration' | 'unsupported' | 'wasm_blocked' | 'network' | 'timeout' | 'clock_skew' | 'discovery'
  | 'state_mismatch' | 'issuer_mismatch' | 'nonce_mismatch' | 'token_rejected' | 'level_too_low'
  | 'access_denied' | 'other_person' | 'login_required' | 'popup_blocked' | 'popup_closed' | 'cancelled' | 'refresh_failed'
  | 'card_unavailable' | 'not_available' | 'server';

/** What a page can offer after an error, without a list of codes. */
export type Remedy = 'retry' | 'login' | 'configure' | 'contact';

/** `docs/errors.md` has a paragraph for each code. */
export interface PscError extends Error {
  readonly code: PscErrorCode;
  readonly remedy: Remedy;
  /** The provider's own code or a few words; never a token. */
  readonly detail?: string;
}

export interface Psc extends EventTarget {
  /** `undefined` until `ready()` has settled. */
  readonly session: Session | null | undefined;
  /** Ends a callback or asks the back end. Settles within five seconds. Navigates only for `restore`. */
  ready(): Promise<Session | null>;
  /** Loads what a login will need, so that a click opens its window at once. */
  prepare(): void;
  /** Redirect: the page leaves. Popup: settles. */
  login(options?: LoginOptions): Promise<Session>;
  /** Does nothing when the session is already high and recent enough. Anybody else's answer ends it: `other_person`. */
  stepUp(level: Level, options?: LoginOptions): Promise<Session>;
  logout(options?: LogoutOptions): Promise<void>;
  /** `fetch`, with what the back end or the listed interfaces ask for. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Browser-kept only; otherwise `not_available`. */
  accessToken(): Promise<string>;
  addEventListener<K extends keyof PscEvents>(
    type: K, listener: (event: PscEvents[K]) => void, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions,
  ): void;
}
