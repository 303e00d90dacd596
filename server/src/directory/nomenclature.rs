//! The names behind the codes, from the tables in `server/nos`.

use std::{collections::HashMap, sync::LazyLock};

/// One table of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Professions of all kinds: health, social, titles, known by role only.
    Profession,
    /// Professions of those who still learn them.
    ProfessionInTraining,
    /// Civil, military, student, civil servant.
    Category,
    /// Monsieur, Madame.
    Civility,
    /// Docteur, Professeur…
    ExerciseCivility,
    /// Kinds of savoir-faire.
    SavoirFaireType,
    /// Savoir-faire of all kinds.
    SavoirFaire,
    /// Liberal, salaried, volunteer.
    Mode,
    /// Sectors of activity.
    Sector,
    /// Sections of the pharmacists' register.
    PharmacistSection,
    /// Functions and roles.
    Role,
    /// Kinds of activity.
    ActivityKind,
    /// Kinds of street.
    StreetType,
    /// Who registered a person, an activity, a structure.
    RegistrationAuthority,
    /// Type digits of national identifiers.
    IdentifierType,
}

macro_rules! tables {
    ($($table:ident: $($file:literal),+;)+) => {
        impl Table {
            /// Every table.
            pub const ALL: &[Self] = &[$(Self::$table),+];

            fn texts(self) -> &'static [&'static str] {
                match self {
                    $(Self::$table => &[$(include_str!(concat!("../../nos/", $file, ".csv"))),+],)+
                }
            }
        }
    };
}

tables! {
    Profession: "g15_profession_sante", "r94_profession_social", "r95_usager_titre", "r291_autre_profession";
    ProfessionInTraining: "g16_profession_formation";
    Category: "r09_categorie_professionnelle";
    Civility: "r81_civilite";
    ExerciseCivility: "r11_civilite_exercice";
    SavoirFaireType: "r04_type_savoir_faire";
    SavoirFaire: "r38_specialite_ordinale", "r39_competence", "r40_competence_exclusive",
        "g13_orientation_particuliere", "r42_desc_non_qualifiant", "r43_capacite",
        "r44_qualification_pac", "r45_fonction_qualifiee", "r97_droit_exercice_complementaire",
        "specialite_concours_hospitalier";
    Mode: "r23_mode_exercice";
    Sector: "r02_secteur_activite";
    PharmacistSection: "g05_sous_section_cnop", "r06_section_cnop";
    Role: "r21_fonction", "r85_role_prise_charge", "r96_autre_fonction_sanitaire";
    ActivityKind: "r22_genre_activite";
    StreetType: "r35_type_voie";
    RegistrationAuthority: "r60_autorite_enregistrement";
    IdentifierType: "g08_type_identifiant_personne";
}

/// The label of a code, ended codes included: real files still carry them.
pub fn label(table: Table, code: &str) -> Option<&'static str> {
    static LABELS: LazyLock<HashMap<Table, HashMap<&str, String>>> = LazyLock::new(|| {
        let labels = |&table: &Table| {
            let lines = table.texts().iter().flat_map(|text| text.lines().skip(1));
            (table, lines.map(code_and_label).collect())
        };
        Table::ALL.iter().map(labels).collect()
    });
    LABELS.get(&table)?.get(code).map(String::as_str)
}

/// What a person of this profession and category is called.
pub fn profession(code: &str, category: &str) -> Option<&'static str> {
    let in_training = match category {
        "E" => label(Table::ProfessionInTraining, code),
        _ => None,
    };
    in_training.or_else(|| label(Table::Profession, code))
}

/// The first two fields of a line of `code,label,ended`, where a label that
/// holds a comma stands between quotes (RFC 4180).
fn code_and_label(line: &str) -> (&str, String) {
    let (code, rest) = line.split_once(',').unwrap_or((line, ""));
    let label = match rest.strip_prefix('"') {
        Some(quoted) => {
            let end = quoted.rfind('"').unwrap_or(quoted.len());
            quoted[..end].replace("\"\"", "\"")
        }
        None => rest.split(',').next().unwrap_or(rest).to_owned(),
    };
    (code, label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_with_a_comma_is_read_whole() {
        assert_eq!(label(Table::Mode, "L"), Some("Libéral, indépendant, artisan, commerçant"));
        assert_eq!(label(Table::Sector, "SA01"), Some("Etablissement public de santé"));
    }

    #[test]
    fn an_ended_code_keeps_its_label() {
        assert_eq!(label(Table::Civility, "MLLE"), Some("Mademoiselle"));
    }

    #[test]
    fn a_student_is_named_as_one() {
        assert_eq!(profession("10", "C"), Some("Médecin"));
        assert_eq!(profession("10", "E"), Some("Médecin en formation"));
        assert_eq!(profession("93", "E"), Some("Psychologue"));
        assert_eq!(profession("98765", "C"), None);
    }

    #[test]
    fn every_table_has_rows_and_no_row_is_torn() {
        for &table in Table::ALL {
            for text in table.texts() {
                let rows: Vec<_> = text.lines().skip(1).map(code_and_label).collect();
                assert!(!rows.is_empty(), "{table:?}");
                for (code, label) in rows {
                    assert!(!code.is_empty() && !label.is_empty(), "{table:?} {code}");
                    assert!(!label.contains('"'), "{table:?} {code}: {label}");
                }
            }
        }
    }
}
