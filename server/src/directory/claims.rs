//! From a person to the claims of PSC, names and order as on its wire.

use serde_json::{Map, Value, json};

use super::{
    columns::ACTIVITY_MEMBERS,
    person::{Activity, Exercice, Person},
};

/// `SubjectRole` items end with it: the table of professions.
const PROFESSIONS: &str = "1.2.250.1.213.1.1.5.5";
/// `Secteur_Activite` ends with it: the table of sectors.
const SECTORS: &str = "1.2.250.1.71.4.2.4";
/// `PSI_Locale`, the same for everybody.
const LOCAL_PSI: &str = "1.2.250.1.213.1.3.1.1";
/// `Palier_Authentification`, the same whatever the means.
const AUTHENTICATION_STEP: &str = "APPPRIP3^1.2.250.1.213.1.5.1.1.1";

impl Person {
    /// The whole userinfo document. `sub` is the subject given to this client,
    /// `auth_mode` is `MOBILE` or `CARD`. Someone who is not a professional has
    /// a much smaller document, and clients must live with it.
    pub fn userinfo(&self, sub: &str, auth_mode: &str) -> Map<String, Value> {
        if self.exercices.is_empty() {
            return object([
                ("sub", json!(sub)),
                ("preferred_username", json!(self.national_id)),
                ("codeCivilite", json!(self.civility)),
                ("given_name", json!(self.given_name())),
                ("SubjectNameID", json!(self.national_id)),
                ("family_name", json!(self.family_name)),
            ]);
        }
        // One activity is repeated at top level: the first, as in every sample.
        let activity = |member| self.first_activity().map_or("", |first| first.value(member));
        let sector = match activity("codeSecteurDactivite") {
            "" => String::new(),
            code => format!("{code}^{SECTORS}"),
        };
        object([
            ("Secteur_Activite", json!(sector)),
            ("sub", json!(sub)),
            ("email_verified", json!(false)),
            ("codeGenreActivite", json!(activity("codeGenreActivite"))),
            ("SubjectOrganization", json!(activity("raisonSocialeSite"))),
            ("Mode_Acces_Raison", json!("")),
            ("preferred_username", json!(self.national_id)),
            ("codeCivilite", json!(self.civility)),
            ("given_name", json!(self.given_name())),
            ("Acces_Regulation_Medicale", json!("FAUX")),
            ("UITVersion", json!("1.0")),
            ("authMode", json!(auth_mode)),
            ("Palier_Authentification", json!(AUTHENTICATION_STEP)),
            ("SubjectRefPro", Value::Object(self.subject_ref_pro())),
            ("SubjectOrganizationID", json!(activity("identifiantTechniqueDeLaStructure"))),
            ("SubjectRole", self.subject_role()),
            ("PSI_Locale", json!(LOCAL_PSI)),
            ("otherIds", self.other_ids_claim()),
            ("SubjectNameID", json!(self.national_id)),
            ("family_name", json!(self.family_name)),
        ])
    }

    /// Who the person is, in an ID token.
    pub fn token_claims(&self) -> Map<String, Value> {
        object([
            ("SubjectNameID", json!(self.national_id)),
            ("preferred_username", json!(self.national_id)),
            ("given_name", json!(self.given_name())),
            ("family_name", json!(self.family_name)),
        ])
    }

    /// Who the person is, in an access token: identifiers only.
    pub fn access_token_claims(&self) -> Map<String, Value> {
        object([
            ("otherIds", self.other_ids_claim()),
            ("SubjectNameID", json!(self.national_id)),
            ("preferred_username", json!(self.national_id)),
        ])
    }

    fn other_ids_claim(&self) -> Value {
        let item = |other: &super::OtherId| {
            object([
                ("identifiant", json!(other.id)),
                ("origine", json!(other.origin)),
                ("qualite", json!(other.quality)),
            ])
        };
        self.other_ids.iter().map(item).collect()
    }

    fn subject_role(&self) -> Value {
        let mut roles = Vec::new();
        for exercice in &self.exercices {
            let role = format!("{}^{PROFESSIONS}", exercice.profession);
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        json!(roles)
    }

    fn subject_ref_pro(&self) -> Map<String, Value> {
        // PSC moved codeCivilite to top level in 2023; clients of both ages exist.
        object([
            ("codeCivilite", json!(self.civility)),
            ("exercices", self.exercices.iter().map(Exercice::claim).collect()),
        ])
    }
}

impl Exercice {
    fn claim(&self) -> Map<String, Value> {
        // The wire has room for one, and PSC puts a qualification of these kinds.
        let shown = self.savoir_faire.iter().find(|one| {
            let kind = one.kind.as_str();
            matches!(kind, "S" | "CEX" | "PAC")
        });
        object([
            ("codeProfession", json!(self.profession)),
            ("codeCategorieProfessionnelle", json!(self.category)),
            ("codeCiviliteDexercice", json!(self.civility)),
            ("nomDexercice", json!(self.family_name)),
            ("prenomDexercice", json!(self.given_name)),
            ("codeTypeSavoirFaire", json!(shown.map_or("", |one| &one.kind))),
            ("codeSavoirFaire", json!(shown.map_or("", |one| &one.code))),
            ("activities", self.activities.iter().map(Activity::claim).collect()),
        ])
    }
}

impl Activity {
    fn claim(&self) -> Map<String, Value> {
        let members = ACTIVITY_MEMBERS.iter().zip(&self.values);
        members.map(|(&(member, _), value)| (member.to_owned(), json!(value))).collect()
    }
}

/// An object whose members keep this order on the wire.
fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
