//! A person, what they practise, and where.

use super::{
    columns::ACTIVITY_MEMBERS,
    national_id::{NationalId, Origin},
    nomenclature::{self, Table},
};

/// One person of the directory, all their rows merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The identifier that logins and claims use.
    pub national_id: NationalId,
    /// Every identifier of the person, the main one first: any of them finds
    /// the person.
    pub other_ids: Vec<OtherId>,
    /// Civil family name.
    pub family_name: String,
    /// Civil given names, the usual one first.
    pub given_names: Vec<String>,
    /// As the file writes it, usually `dd/MM/yyyy`.
    pub birth_date: String,
    /// INSEE code of the town of birth.
    pub birth_commune: String,
    /// INSEE code of the country of birth.
    pub birth_country: String,
    /// Name of the town of birth.
    pub birth_place: String,
    /// `M` or `F`.
    pub sex: String,
    /// The person's own phone, for notices.
    pub phone: String,
    /// The person's own address, for notices.
    pub email: String,
    /// `M` or `MME`.
    pub civility: String,
    /// What the person practises; empty for someone who is not a professional.
    pub exercices: Vec<Exercice>,
}

/// One of a person's identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherId {
    /// The identifier.
    pub id: NationalId,
    /// The register, in PSC's words.
    pub origin: String,
    /// How sure the link to the person is.
    pub quality: u8,
}

/// A person practising one profession, under the name they practise it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercice {
    /// Code of the profession.
    pub profession: String,
    /// Civil, military, student…
    pub category: String,
    /// `DR`, `PR`… or nothing.
    pub civility: String,
    /// Name used in the profession.
    pub family_name: String,
    /// Given name used in the profession.
    pub given_name: String,
    /// Every specialty and competence, in file order, each once.
    pub savoir_faire: Vec<SavoirFaire>,
    /// Every place and way of practising, in file order, each once.
    pub activities: Vec<Activity>,
}

/// A specialty, a competence, a capacity…
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavoirFaire {
    /// Its kind, for instance `S`.
    pub kind: String,
    /// Its code, for instance `SM54`.
    pub code: String,
}

/// An exercice at one place, in one way: one row of the national file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// One value for each of [`ACTIVITY_MEMBERS`].
    pub(super) values: Vec<String>,
}

impl Person {
    /// The given name that the person is called by.
    pub fn given_name(&self) -> &str {
        self.given_names.first().map_or("", String::as_str)
    }

    /// How to greet the person, for instance `Dr Aurore LANTERNIER`: with the
    /// name they practise under, if they do.
    pub fn display_name(&self) -> String {
        let name = |given: &str, family: &str| format!("{given} {family}").trim().to_owned();
        match self.exercices.first() {
            Some(exercice) if !exercice.family_name.is_empty() => {
                let title = match exercice.civility.as_str() {
                    "DR" => "Dr ",
                    "PR" => "Pr ",
                    _ => "",
                };
                let given = match exercice.given_name.as_str() {
                    "" => self.given_name(),
                    // Registers write it in capitals; the civil one has its accents.
                    capitals if capitals == capitals.to_uppercase() => self.given_name(),
                    given => given,
                };
                format!("{title}{}", name(given, &exercice.family_name))
            }
            _ => name(self.given_name(), &self.family_name),
        }
    }

    /// The person's first activity: the one that PSC repeats at top level.
    pub fn first_activity(&self) -> Option<&Activity> {
        self.exercices.iter().find_map(|exercice| exercice.activities.first())
    }

    /// Profession and first specialty in words, for a list; nothing for
    /// someone who is not a professional.
    pub fn occupation(&self) -> Option<String> {
        let exercice = self.exercices.first()?;
        let profession = exercice.profession_label()?;
        Some(match exercice.savoir_faire.first().and_then(SavoirFaire::label) {
            Some(specialty) => format!("{profession}, {specialty}"),
            None => profession.to_owned(),
        })
    }
}

impl OtherId {
    /// An identifier with the origin that its shape tells.
    pub(super) fn of(id: NationalId) -> Self {
        let origin = id.origin();
        Self { id, origin: origin.as_str().to_owned(), quality: origin.quality() }
    }

    /// Whether RPPS gave it.
    pub(super) fn is_rpps(&self) -> bool {
        self.id.origin() == Origin::Rpps
    }
}

impl Exercice {
    /// The profession in words; for someone known by their role only, the role.
    pub fn profession_label(&self) -> Option<&'static str> {
        if self.profession == "99"
            && let Some(activity) = self.activities.first()
            && let Some(role) = nomenclature::label(Table::Role, activity.value("codeRole"))
        {
            return Some(role);
        }
        nomenclature::profession(&self.profession, &self.category)
    }
}

impl SavoirFaire {
    /// The specialty in words.
    pub fn label(&self) -> Option<&'static str> {
        nomenclature::label(Table::SavoirFaire, &self.code)
    }
}

impl Activity {
    /// The value of a member, by its name in userinfo; empty when unknown.
    pub fn value(&self, member: &str) -> &str {
        let place = ACTIVITY_MEMBERS.iter().position(|&(name, _)| name == member);
        place.map_or("", |place| self.values[place].as_str())
    }

    /// The name of the place, for a list.
    pub fn place(&self) -> &str {
        self.value("raisonSocialeSite")
    }
}
