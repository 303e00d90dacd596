//! The day of an invented practice. A real agenda reads its database here.

use chrono::{DateTime, Datelike, Utc};

use super::language::Language;

/// One appointment.
pub(crate) struct Appointment {
    pub(crate) time: &'static str,
    pub(crate) minutes: u8,
    pub(crate) patient: &'static str,
    pub(crate) age: &'static str,
    /// In French and in English.
    pub(crate) reason: (&'static str, &'static str),
    pub(crate) kind: Kind,
    pub(crate) status: Status,
}

/// Where the patient is seen.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Office,
    Video,
    Home,
}

/// Where the appointment stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Status {
    Done,
    InRoom,
    Arrived,
    Expected,
}

impl Kind {
    pub(crate) fn label(self, language: Language) -> &'static str {
        match self {
            Self::Office => language.say("Cabinet", "Office"),
            Self::Video => language.say("Téléconsultation", "Video visit"),
            Self::Home => language.say("Visite à domicile", "Home visit"),
        }
    }
}

impl Status {
    /// The word that the style sheet knows it by.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::InRoom => "in-room",
            Self::Arrived => "arrived",
            Self::Expected => "expected",
        }
    }

    pub(crate) fn label(self, language: Language) -> &'static str {
        match self {
            Self::Done => language.say("Terminé", "Done"),
            Self::InRoom => language.say("En consultation", "In consultation"),
            Self::Arrived => language.say("En salle d’attente", "In the waiting room"),
            Self::Expected => language.say("Attendu", "Expected"),
        }
    }
}

const fn seen(
    time: &'static str,
    minutes: u8,
    patient: &'static str,
    age: &'static str,
    reason: (&'static str, &'static str),
    kind: Kind,
    status: Status,
) -> Appointment {
    Appointment { time, minutes, patient, age, reason, kind, status }
}

/// Morning and afternoon. Nobody of this list exists.
#[rustfmt::skip]
pub(crate) const DAY: [Appointment; 10] = [
    seen("08:30", 15, "Élodie Vautravers", "34", ("Renouvellement de traitement", "Repeat prescription"), Kind::Office, Status::Done),
    seen("08:45", 15, "Marius Cordelet", "7", ("Certificat de sport", "Sports certificate"), Kind::Office, Status::Done),
    seen("09:00", 30, "Odile Marchetout", "71", ("Suivi de diabète, résultats de biologie", "Diabetes follow-up, lab results"), Kind::Office, Status::InRoom),
    seen("09:30", 15, "Yanis Bellecombe", "22", ("Angine", "Sore throat"), Kind::Office, Status::Arrived),
    seen("09:45", 15, "Solène Pradier-Roux", "45", ("Lecture d’imagerie", "Imaging review"), Kind::Video, Status::Expected),
    seen("10:15", 30, "Gaspard Thévenoux", "58", ("Bilan cardiovasculaire", "Cardiovascular check"), Kind::Office, Status::Expected),
    seen("11:00", 45, "Henriette Lescuyer", "86", ("Visite, plaie de jambe", "Leg wound, home visit"), Kind::Home, Status::Expected),
    seen("14:00", 15, "Inès Darricarrère", "29", ("Suivi de grossesse", "Pregnancy follow-up"), Kind::Office, Status::Expected),
    seen("14:15", 15, "Basile Ormancey", "3", ("Vaccination", "Vaccination"), Kind::Office, Status::Expected),
    seen("14:30", 30, "Rosalie Quintart", "63", ("Douleurs lombaires", "Low back pain"), Kind::Video, Status::Expected),
];

/// "lundi 23 novembre 2026".
pub(crate) fn date(now: i64, language: Language) -> String {
    const DAYS: [(&str, &str); 7] = [
        ("lundi", "Monday"),
        ("mardi", "Tuesday"),
        ("mercredi", "Wednesday"),
        ("jeudi", "Thursday"),
        ("vendredi", "Friday"),
        ("samedi", "Saturday"),
        ("dimanche", "Sunday"),
    ];
    const MONTHS: [(&str, &str); 12] = [
        ("janvier", "January"),
        ("février", "February"),
        ("mars", "March"),
        ("avril", "April"),
        ("mai", "May"),
        ("juin", "June"),
        ("juillet", "July"),
        ("août", "August"),
        ("septembre", "September"),
        ("octobre", "October"),
        ("novembre", "November"),
        ("décembre", "December"),
    ];
    let now: DateTime<Utc> = DateTime::from_timestamp(now, 0).unwrap_or_default();
    let of = |(french, english): (&'static str, &'static str)| language.say(french, english);
    let day = of(DAYS[now.weekday().num_days_from_monday() as usize]);
    let month = of(MONTHS[now.month0() as usize]);
    match language {
        Language::French if now.day() == 1 => format!("{day} 1er {month} {}", now.year()),
        _ => format!("{day} {} {month} {}", now.day(), now.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_name_in_both_languages() {
        assert_eq!(date(1_795_392_000, Language::French), "lundi 23 novembre 2026");
        assert_eq!(date(1_795_392_000, Language::English), "Monday 23 November 2026");
        assert_eq!(date(1_798_761_600, Language::French), "vendredi 1er janvier 2027");
    }
}
