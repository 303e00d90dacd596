//! What the agenda's pages show. Their HTML is in `agenda/`.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use openpsc_sdk_axum::{Activity, ErrorCode, Level, PscSession};

use super::{day::Appointment, language::Language};

#[derive(Template)]
#[template(path = "landing.html")]
pub(crate) struct LandingPage {
    pub(crate) language: Language,
    pub(crate) failure: Option<&'static str>,
    pub(crate) popup: bool,
    pub(crate) path: &'static str,
}

#[derive(Template)]
#[template(path = "day.html")]
pub(crate) struct DayPage<'a> {
    pub(crate) language: Language,
    pub(crate) failure: Option<&'static str>,
    pub(crate) path: &'static str,
    pub(crate) person: Person,
    pub(crate) date: String,
    pub(crate) appointments: &'a [Appointment],
    pub(crate) dossier_url: &'a str,
    pub(crate) activities: Vec<Choice>,
    /// Several activities, and none chosen yet.
    pub(crate) asks: bool,
    pub(crate) claims: String,
}

/// One activity of the person.
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

#[derive(Template)]
#[template(path = "prescription.html")]
pub(crate) struct PrescriptionPage {
    pub(crate) language: Language,
    pub(crate) failure: Option<&'static str>,
    pub(crate) path: &'static str,
    pub(crate) person: Person,
    pub(crate) date: String,
    pub(crate) signed: bool,
    pub(crate) may_sign: bool,
    pub(crate) step_up: String,
}

pub(crate) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Who is logged in, as pages show it.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) initials: String,
    pub(crate) national_id: String,
    pub(crate) level: &'static str,
    pub(crate) means: Option<String>,
    pub(crate) since: i64,
    pub(crate) until: i64,
}

impl Person {
    pub(crate) fn of(session: &PscSession) -> Self {
        let names = [&session.given_name, &session.family_name];
        Self {
            name: names.map(String::as_str).join(" ").trim().to_owned(),
            initials: names.iter().filter_map(|name| name.chars().next()).collect(),
            national_id: session.national_id.clone(),
            level: session.level.map_or("", Level::as_str),
            means: session.means.clone(),
            since: session.authenticated_at,
            until: session.expires_at,
        }
    }

    fn level_label(&self, language: &Language) -> &'static str {
        match self.level {
            "eidas1" => language.say("Faible (eidas1)", "Low (eidas1)"),
            "eidas2" => language.say("Substantiel (eidas2)", "Substantial (eidas2)"),
            "eidas3" => language.say("Élevé (eidas3)", "High (eidas3)"),
            _ => language.say("Non précisé", "Not stated"),
        }
    }

    fn means_label(&self, language: &Language) -> String {
        match self.means.as_deref() {
            Some("CARD") => language.say("Carte CPS", "CPS card").into(),
            Some("MOBILE") => language.say("e‑CPS (téléphone)", "e‑CPS (phone)").into(),
            Some(other) => other.into(),
            None => language.say("Non précisé", "Not stated").into(),
        }
    }
}

/// A clock time for people without JavaScript; the script shows the local one.
pub(crate) fn clock_time(seconds: &i64) -> String {
    let day = seconds.rem_euclid(86_400);
    format!("{:02}:{:02} UTC", day / 3600, day % 3600 / 60)
}

/// A profession at a place, in one line.
pub(crate) fn describe(activity: &Activity, language: Language) -> String {
    let profession = match activity.exercice.code_profession.as_deref() {
        Some("10") => language.say("Médecin", "Doctor"),
        Some("21") => language.say("Pharmacien", "Pharmacist"),
        Some("40") => language.say("Chirurgien-dentiste", "Dentist"),
        Some("50") => language.say("Sage-femme", "Midwife"),
        Some("60") => language.say("Infirmier", "Nurse"),
        Some("70") => language.say("Masseur-kinésithérapeute", "Physiotherapist"),
        _ => language.say("Professionnel", "Professional"),
    };
    let way = match activity.activity.as_ref().and_then(|place| place.code_mode_exercice.as_deref())
    {
        Some("L") => language.say("libéral", "self-employed"),
        Some("S") => language.say("salarié", "employed"),
        Some("B") => language.say("bénévole", "volunteer"),
        _ => "",
    };
    let parts = [activity.place(), profession, way];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// What to tell a person of a login that failed.
pub(crate) fn sentence(code: ErrorCode, language: Language) -> &'static str {
    match code {
        ErrorCode::AccessDenied => language.say("Connexion annulée.", "Login cancelled."),
        ErrorCode::OtherPerson => language.say(
            "Une autre personne s’est identifiée. Par sécurité, votre session est fermée.",
            "Someone else logged in. For safety, your session has ended.",
        ),
        ErrorCode::StateMismatch => language.say(
            "Cette connexion avait commencé dans un autre navigateur, ou s’est déjà terminée.",
            "This login was started in another browser, or has already ended.",
        ),
        ErrorCode::LevelTooLow => language.say(
            "Ce moyen d’identification n’est pas assez fort pour cette action.",
            "This means of identification is not strong enough for this action.",
        ),
        ErrorCode::LoginRequired => language.say(
            "Il faut confirmer votre identité pour continuer.",
            "You need to confirm your identity to go on.",
        ),
        ErrorCode::Discovery | ErrorCode::Server | ErrorCode::Timeout => language.say(
            "Pro Santé Connect ne répond pas. Réessayez dans un instant.",
            "Pro Santé Connect does not answer. Try again in a moment.",
        ),
        _ => language.say(
            "La connexion n’a pas abouti. Réessayez, ou prévenez votre support.",
            "The login did not succeed. Try again, or tell your support.",
        ),
    }
}
