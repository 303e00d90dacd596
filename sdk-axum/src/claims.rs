//! What the directory says of a professional, as userinfo carries it.
//!
//! Names are those of the wire. An empty string says nothing, a missing member
//! neither, and a member nobody knows yet is kept in `other`.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The claims of a person.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PscClaims {
    /// The person at this provider.
    #[serde(deserialize_with = "text")]
    pub sub: Option<String>,
    /// The national identifier, type digit included.
    #[serde(rename = "SubjectNameID", deserialize_with = "text")]
    pub subject_name_id: Option<String>,
    /// The same, in PSC's older documents.
    #[serde(deserialize_with = "text")]
    pub preferred_username: Option<String>,
    /// The first name.
    #[serde(deserialize_with = "text")]
    pub given_name: Option<String>,
    /// The surname.
    #[serde(deserialize_with = "text")]
    pub family_name: Option<String>,
    /// `CARD` or `MOBILE`.
    #[serde(rename = "authMode", deserialize_with = "text")]
    pub auth_mode: Option<String>,
    /// The structure of one activity.
    #[serde(rename = "SubjectOrganization", deserialize_with = "text")]
    pub subject_organization: Option<String>,
    /// Its identifier.
    #[serde(rename = "SubjectOrganizationID", deserialize_with = "text")]
    pub subject_organization_id: Option<String>,
    /// Professions, each with its code system.
    #[serde(rename = "SubjectRole", deserialize_with = "list")]
    pub subject_role: Vec<String>,
    /// Every identifier of the person.
    #[serde(rename = "otherIds", deserialize_with = "list")]
    pub other_ids: Vec<OtherId>,
    /// The professional data; absent for those who are no professional.
    #[serde(rename = "SubjectRefPro", deserialize_with = "maybe")]
    pub subject_ref_pro: Option<SubjectRefPro>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One more identifier of a person.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct OtherId {
    /// The identifier.
    #[serde(deserialize_with = "text")]
    pub identifiant: Option<String>,
    /// The register that gave it: `RPPS`, `FINESS`, `SIRET`…
    #[serde(deserialize_with = "text")]
    pub origine: Option<String>,
}

/// The professional data.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SubjectRefPro {
    /// The personal title.
    #[serde(rename = "codeCivilite", deserialize_with = "text")]
    pub code_civilite: Option<String>,
    /// The professions exercised.
    #[serde(deserialize_with = "list")]
    pub exercices: Vec<Exercice>,
}

/// A profession exercised, with its activities.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Exercice {
    /// Code of the profession (TRE_G15): `10` is a doctor.
    #[serde(deserialize_with = "text")]
    pub code_profession: Option<String>,
    /// `C` civil, `M` military, `E` student.
    #[serde(deserialize_with = "text")]
    pub code_categorie_professionnelle: Option<String>,
    /// The title used at work: `DR`.
    #[serde(deserialize_with = "text")]
    pub code_civilite_dexercice: Option<String>,
    /// The surname used at work.
    #[serde(deserialize_with = "text")]
    pub nom_dexercice: Option<String>,
    /// The first name used at work.
    #[serde(deserialize_with = "text")]
    pub prenom_dexercice: Option<String>,
    /// Kind of know-how.
    #[serde(deserialize_with = "text")]
    pub code_type_savoir_faire: Option<String>,
    /// The know-how: `SM54`.
    #[serde(deserialize_with = "text")]
    pub code_savoir_faire: Option<String>,
    /// Where it is exercised.
    #[serde(deserialize_with = "list")]
    pub activities: Vec<PscActivity>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Where and how a profession is exercised: one member of `activities`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PscActivity {
    /// `L` liberal, `S` salaried, `B` volunteer.
    #[serde(deserialize_with = "text")]
    pub code_mode_exercice: Option<String>,
    /// Sector of activity: `SA07`.
    #[serde(deserialize_with = "text")]
    pub code_secteur_dactivite: Option<String>,
    /// Pharmacists' section.
    #[serde(deserialize_with = "text")]
    pub code_section_pharmacien: Option<String>,
    /// The function held.
    #[serde(deserialize_with = "text")]
    pub code_role: Option<String>,
    /// The site's FINESS number.
    #[serde(deserialize_with = "text")]
    pub numero_finess_site: Option<String>,
    /// The site's SIRET number.
    #[serde(deserialize_with = "text")]
    pub numero_siret_site: Option<String>,
    /// The legal entity's FINESS number. The odd case is the wire's.
    #[serde(rename = "numeroFinessetablissementJuridique", deserialize_with = "text")]
    pub numero_finess_etablissement_juridique: Option<String>,
    /// The structure in the directory.
    #[serde(deserialize_with = "text")]
    pub identifiant_technique_de_la_structure: Option<String>,
    /// The structure's name.
    #[serde(deserialize_with = "text")]
    pub raison_sociale_site: Option<String>,
    /// The name on the door.
    #[serde(deserialize_with = "text")]
    pub enseigne_commerciale_site: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One choice of "as whom do you work now?": a profession at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// The profession; its own `activities` are left out.
    pub exercice: Exercice,
    /// What is done there; none when the directory knows of no activity.
    pub activity: Option<PscActivity>,
}

impl Activity {
    /// The name of the place, when the directory has one.
    pub fn place(&self) -> &str {
        let names = self.activity.iter().flat_map(|activity| {
            [&activity.raison_sociale_site, &activity.enseigne_commerciale_site]
        });
        names.flatten().next().map_or("", String::as_str)
    }
}

impl PscClaims {
    /// Reads claims; whatever is not as expected is absent.
    pub fn read(claims: &Map<String, Value>) -> Self {
        Self::deserialize(Value::Object(claims.clone())).unwrap_or_default()
    }

    /// Every profession at every place, flattened for a choice. PSC leaves
    /// that choice to the service.
    pub fn activities(&self) -> Vec<Activity> {
        let exercices = self.subject_ref_pro.iter().flat_map(|pro| &pro.exercices);
        exercices
            .flat_map(|exercice| {
                let alone = Exercice { activities: Vec::new(), ..exercice.clone() };
                let places: Vec<_> = if exercice.activities.is_empty() {
                    vec![None]
                } else {
                    exercice.activities.iter().cloned().map(Some).collect()
                };
                places
                    .into_iter()
                    .map(move |activity| Activity { exercice: alone.clone(), activity })
            })
            .collect()
    }
}

/// A string that says something.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// An object that reads; an empty string in its place is nothing.
fn maybe<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'any> Deserialize<'any>,
{
    Ok(T::deserialize(Value::deserialize(deserializer)?).ok())
}

/// The members of a list that read.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'any> Deserialize<'any>,
{
    let Value::Array(items) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(items.into_iter().filter_map(|item| T::deserialize(item).ok()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> PscClaims {
        PscClaims::read(value.as_object().unwrap())
    }

    #[test]
    fn two_places_of_one_profession_are_two_choices() {
        let claims = read(json!({
            "sub": "f:x:899700990015",
            "SubjectRefPro": { "exercices": [ {
                "codeProfession": "10", "codeCiviliteDexercice": "DR",
                "nomDexercice": "LANTERNIER", "codeSavoirFaire": "SM54",
                "activities": [
                    { "codeModeExercice": "L", "raisonSocialeSite": "CABINET DR LANTERNIER" },
                    { "codeModeExercice": "S", "raisonSocialeSite": "CLINIQUE DES ESSAIS",
                      "numeroFinessetablissementJuridique": "990000009" }
                ] } ] }
        }));
        let choices = claims.activities();
        assert_eq!(choices.len(), 2);
        assert_eq!(choices[0].exercice.code_profession.as_deref(), Some("10"));
        assert_eq!(choices[1].place(), "CLINIQUE DES ESSAIS");
        let clinic = choices[1].activity.as_ref().unwrap();
        assert_eq!(clinic.numero_finess_etablissement_juridique.as_deref(), Some("990000009"));
    }

    #[test]
    fn empty_strings_are_absent_and_unknown_members_are_kept() {
        let claims = read(json!({
            "given_name": "", "email_verified": "", "SubjectRole": "", "SubjectRefPro": "",
            "otherIds": [ "", { "identifiant": "899700990015", "origine": "RPPS", "qualite": 1 } ],
            "UITVersion": "1.0"
        }));
        assert_eq!(claims.given_name, None);
        assert_eq!(claims.subject_ref_pro, None);
        assert_eq!(claims.subject_role, Vec::<String>::new());
        assert_eq!(claims.other_ids.last().unwrap().origine.as_deref(), Some("RPPS"));
        assert_eq!(claims.other["UITVersion"], "1.0");
        assert!(claims.activities().is_empty());
    }

    #[test]
    fn a_profession_without_a_place_is_still_a_choice() {
        let claims =
            read(json!({ "SubjectRefPro": { "exercices": [ { "codeProfession": "60" } ] } }));
        let choices = claims.activities();
        assert_eq!(choices.len(), 1);
        assert_eq!(choices[0].activity, None);
    }
}
