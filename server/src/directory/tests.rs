//! The rules of the directory, and the sandbox's own file held to them.

use serde_json::{Value, json};

use super::{
    nomenclature::{Table, label, profession},
    *,
};

const HEADER: &str = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom de famille|Prénoms|Code profession|Code catégorie professionnelle|Code type savoir-faire|Code savoir-faire|Code mode exercice|Raison sociale site|Autres identifiants|";

fn read(rows: &[&str]) -> Result<Directory, ParseError> {
    Directory::parse(&format!("{HEADER}\n{}\n", rows.join("\n")))
}

fn sandbox() -> Directory {
    Directory::parse(SANDBOX).unwrap()
}

/// The only fault of a file, as it is printed.
fn fault(rows: &[&str]) -> String {
    let error = read(rows).unwrap_err();
    assert_eq!(error.total, 1, "{error}");
    error.to_string()
}

#[test]
fn the_sandbox_file_is_clean() {
    let directory = sandbox();
    assert_eq!(directory.warnings(), []);
    assert!(directory.people().len() >= 18);
}

#[test]
fn every_code_of_the_sandbox_exists() {
    let known = |table, code: &str| {
        assert!(code.is_empty() || label(table, code).is_some(), "{table:?} {code}");
    };
    for person in sandbox().people() {
        known(Table::Civility, &person.civility);
        for exercice in &person.exercices {
            assert!(profession(&exercice.profession, &exercice.category).is_some());
            known(Table::Category, &exercice.category);
            if exercice.civility != person.civility {
                known(Table::ExerciseCivility, &exercice.civility);
            }
            for savoir_faire in &exercice.savoir_faire {
                known(Table::SavoirFaireType, &savoir_faire.kind);
                known(Table::SavoirFaire, &savoir_faire.code);
            }
            for activity in &exercice.activities {
                known(Table::Mode, activity.value("codeModeExercice"));
                known(Table::Sector, activity.value("codeSecteurDactivite"));
                known(Table::PharmacistSection, activity.value("codeSectionPharmacien"));
                known(Table::Role, activity.value("codeRole"));
                known(Table::ActivityKind, activity.value("codeGenreActivite"));
                known(Table::StreetType, activity.value("codeTypeDeVoie"));
                for authority in activity.value("autoriteDenregistrement").split('/') {
                    // Real files write « ARS » alone; the table has one for each region.
                    if authority != "ARS" {
                        known(Table::RegistrationAuthority, authority);
                    }
                }
            }
        }
    }
}

#[test]
fn every_number_of_the_sandbox_has_a_valid_key_and_is_invented() {
    let luhn = |number: &str| {
        assert!(number.is_empty() || national_id::has_luhn_key(number), "{number}");
    };
    for person in sandbox().people() {
        assert!(person.national_id.has_valid_key());
        for other in &person.other_ids {
            assert!(other.id.has_valid_key(), "{}", other.id);
            assert_eq!(other.origin, other.id.origin().as_str());
        }
        if person.national_id.origin() == Origin::Rpps {
            assert!(person.national_id.as_str().starts_with("899700"));
        }
        assert!(person.email.ends_with(".example"));
        assert!(person.phone.starts_with("063998"), "a number kept for fiction");
        for activity in person.exercices.iter().flat_map(|exercice| &exercice.activities) {
            let siret = activity.value("numeroSiretSite");
            luhn(siret);
            luhn(activity.value("numeroSirenSite"));
            luhn(activity.value("numeroFinessSite"));
            luhn(activity.value("numeroFinessetablissementJuridique"));
            assert!(siret.starts_with(activity.value("numeroSirenSite")));
            for member in ["telephone", "telephone2", "telecopie"] {
                let phone = activity.value(member);
                let fiction = ["019900", "026191", "035301", "046571", "053649"];
                assert!(
                    phone.is_empty() || fiction.iter().any(|start| phone.starts_with(start)),
                    "{phone}"
                );
            }
        }
    }
}

#[test]
fn two_activities_crossed_with_two_savoir_faire_are_two_and_two() {
    let directory = sandbox();
    let [exercice] = directory.find("899700990015").unwrap().exercices.as_slice() else {
        panic!("one exercice expected");
    };
    let codes: Vec<_> = exercice.savoir_faire.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["SM54", "CAPA02"]);
    let places: Vec<_> = exercice.activities.iter().map(Activity::place).collect();
    assert_eq!(places, ["CABINET DU DR LANTERNIER", "CENTRE HOSPITALIER DES TROIS-LANTERNES"]);
}

#[test]
fn a_nurse_is_found_by_her_old_number_and_keeps_the_new_one() {
    let directory = sandbox();
    let nurse = directory.find("899700990064").unwrap();
    assert_eq!(nurse.other_ids.len(), 2);
    let adeli = &nurse.other_ids[1];
    assert_eq!((adeli.origin.as_str(), adeli.quality), ("ADELI", 1));
    assert_eq!(directory.find(&adeli.id), Some(nurse));
    assert_eq!(nurse.national_id.as_str(), "899700990064");
}

#[test]
fn rows_under_each_identifier_of_a_person_make_one_person() {
    let ids = "0250990026,ADELI,1;810999000010,RPPS,1";
    let directory = read(&[
        &format!("0|250990026|0250990026|MODELE|Camille''|60|C||||A|{ids}|"),
        &format!("8|10999000010|810999000010|MODELE|Camille''|60|C||||B|{ids}|"),
    ])
    .unwrap();
    let [person] = directory.people() else { panic!("one person expected") };
    assert_eq!(person.national_id.as_str(), "810999000010");
    assert_eq!(person.other_ids[0].id, person.national_id);
    assert_eq!(person.exercices[0].activities.len(), 2);
}

#[test]
fn a_quote_is_a_letter_like_another() {
    let directory = read(&[
        "8|10999000010|810999000010|MODELE|Camille''|10|C||||CABINET \"LES LILAS||",
        "8|10999000028|810999000028|MODELE|Jean-Noël''|10|C||||CABINET||",
    ])
    .unwrap();
    assert_eq!(directory.people().len(), 2);
    assert_eq!(directory.people()[1].given_name(), "Jean-Noël");
}

#[test]
fn columns_come_in_any_order_and_unknown_ones_are_told() {
    let directory = Directory::parse(
        "\u{feff}Prénoms|Nom de famille|Colonne maison|CODE PROFESSION|Code Catégorie professionnelle|Type d'identifiant PP|Identifiant PP|Identification nationale PP|\r\nCamille''|MODELE|?|10|C|8|10999000010|810999000010|\r\n",
    )
    .unwrap();
    assert_eq!(directory.find("810999000010").unwrap().family_name, "MODELE");
    let [warning] = directory.warnings() else { panic!("one warning expected") };
    assert_eq!((warning.line, warning.column.as_str()), (1, "Colonne maison"));
}

#[test]
fn a_fault_names_line_column_and_rule() {
    assert_eq!(
        fault(&["8|10999000010|810999000010|MODELE|Camille''|10|C|"]),
        "line 2: the line has 7 fields, the header 12"
    );
    assert_eq!(
        fault(&["8|10999000010|810999000028|MODELE|C|10|C||||||"]),
        "line 2, column « Identification nationale PP »: « 810999000028 » is not the type « 8 » followed by « 10999000010 »"
    );
    assert_eq!(
        fault(&["8|1099900001X|81099900001X|MODELE|C|10|C||||||"]),
        "line 2, column « Identifiant PP »: an RPPS number has 11 digits, « 1099900001X » has not"
    );
    assert_eq!(
        fault(&["0|1234|01234|MODELE|C|10|C||||||"]),
        "line 2, column « Identifiant PP »: an ADELI number has 9 characters, « 1234 » has not"
    );
    assert_eq!(
        fault(&["|||MODELE|C|10|C||||||"]),
        "line 2, column « Identification nationale PP »: an identifier may not be empty"
    );
    assert_eq!(
        fault(&["8|10999000010|810999000010||C|10|C||||||"]),
        "line 2, column « Nom de famille »: a name is expected"
    );
    assert_eq!(
        fault(&["8|10999000010|810999000010|MODELE|C|10|C|||||0250990026;|"]),
        "line 2, column « Autres identifiants »: « 0250990026 » is not written identifier,ORIGIN,quality"
    );
    assert_eq!(
        fault(&["8|10999000010|810999000010|MOD\u{7}ELE|C|10|C||||||"]),
        "line 2, column « Nom de famille »: a control character is not text"
    );
    let endless = "X".repeat(501);
    assert_eq!(
        fault(&[&format!("8|10999000010|810999000010|{endless}|C|10|C||||||")]),
        "line 2, column « Nom de famille »: a field has at most 500 characters"
    );
}

#[test]
fn one_identifier_for_two_persons_is_a_fault() {
    assert_eq!(
        fault(&[
            "8|10999000010|810999000010|MODELE|C|10|C||||||",
            "8|10999000028|810999000028|AUTRE|D|10|C||||||",
            "8|10999000028|810999000028|AUTRE|D|10|C|||||810999000010,RPPS,1|",
        ]),
        "line 4, column « Autres identifiants »: 810999000010 is already an identifier of somebody else"
    );
}

#[test]
fn a_header_without_identity_is_refused_at_once() {
    let error = Directory::parse("Nom de famille|Nom de famille|\nMODELE|MODELE|\n").unwrap_err();
    assert!(error.to_string().contains("column « Nom de famille »: this column appears twice"));
    assert!(error.to_string().contains("column « Prénoms »: this column is missing"));
    assert!(Directory::parse("").unwrap_err().to_string().contains("the file is empty"));
}

#[test]
fn all_faults_are_counted_and_twenty_are_told() {
    let error = read(&["short|"; 25]).unwrap_err();
    assert_eq!((error.faults.len(), error.total), (20, 25));
    assert!(error.to_string().ends_with("\nand 5 more"));
}

#[test]
fn what_is_odd_but_usable_is_a_warning() {
    let directory = read(&[
        "8|10999000011|810999000011|MODELE|C|10|C||||||",
        "8|10999000011|810999000011|AUTREMENT|C|4711|C||||||",
    ])
    .unwrap();
    let rules: Vec<_> = directory.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        rules,
        [
            "line 2, column « Identification nationale PP »: the check digit of 810999000011 is wrong",
            "line 3, column « Nom de famille »: 810999000011 has another name above, which is kept",
            "line 3, column « Code profession »: the profession 4711 is in no table that we know",
        ]
    );
}

#[test]
fn an_integrators_file_adds_and_replaces_persons() {
    let mine = read(&[
        "8|99700990015|899700990015|REMPLACEE|Une''|60|C||||||",
        "8|10999000010|810999000010|MODELE|Camille''|10|C||||||",
    ])
    .unwrap();
    let both = sandbox().merge(mine).unwrap();
    assert_eq!(both.find("899700990015").unwrap().family_name, "REMPLACEE");
    assert_eq!(both.people().last().unwrap().family_name, "MODELE");
    assert_eq!(both.people().len(), sandbox().people().len() + 1);

    let thief = read(&["8|10999000010|810999000010|VOLEUR|C|10|C|||||899700990015,RPPS,1|"]);
    assert!(sandbox().merge(thief.unwrap()).is_err());
}

#[test]
fn someone_without_profession_has_the_small_document() {
    let directory = sandbox();
    let clerk = directory.find("3990000127/CPA00021").unwrap();
    let document = clerk.userinfo("f:x:3990000127/CPA00021", "MOBILE");
    let names: Vec<_> = document.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["sub", "preferred_username", "codeCivilite", "given_name", "SubjectNameID", "family_name"]
    );
    assert_eq!(clerk.occupation(), None);
    assert_eq!(clerk.display_name(), "Maud PAPERASSE");
}

#[test]
fn someone_without_activity_still_has_a_profession() {
    let directory = sandbox();
    let document = directory.find("899700990171").unwrap().userinfo("s", "CARD");
    assert_eq!(document["SubjectRefPro"]["exercices"][0]["activities"], json!([]));
    assert_eq!(document["Secteur_Activite"], "");
    assert_eq!(document["SubjectRole"], json!(["10^1.2.250.1.213.1.1.5.5"]));
}

#[test]
fn two_professions_are_two_exercices_and_two_roles() {
    let directory = sandbox();
    let document = directory.find("899700990213").unwrap().userinfo("s", "CARD");
    assert_eq!(
        document["SubjectRole"],
        json!(["21^1.2.250.1.213.1.1.5.5", "10^1.2.250.1.213.1.1.5.5"])
    );
    let exercices = document["SubjectRefPro"]["exercices"].as_array().unwrap();
    assert_eq!(exercices[1]["nomDexercice"], "EPROUVETTE-MARTINGALE");
}

#[test]
fn people_are_shown_by_the_name_they_practise_under() {
    let directory = sandbox();
    let name = |id: &str| directory.find(id).unwrap().display_name();
    assert_eq!(name("899700990015"), "Dr Aurore LANTERNIER");
    assert_eq!(name("899700990031"), "Pr Isaure DE ROCHEPLUME");
    assert_eq!(name("899700990189"), "Maëlys-Églantine D'ŒILLET-ÇÀLÀ");
    let occupation = |id: &str| directory.find(id).unwrap().occupation().unwrap();
    assert_eq!(occupation("899700990015"), "Médecin, Médecine générale");
    assert_eq!(occupation("899700990114"), "Médecin en formation");
    assert_eq!(occupation("3990000101/CPE00007"), "Secrétaire assistante médico-administrative");
}

#[test]
fn a_token_says_who_and_no_more() {
    let directory = sandbox();
    let doctor = directory.find("899700990015").unwrap();
    let text = |claims| Value::Object(claims).to_string();
    assert_eq!(
        text(doctor.token_claims()),
        r#"{"SubjectNameID":"899700990015","preferred_username":"899700990015","given_name":"Aurore","family_name":"LANTERNIER"}"#
    );
    assert_eq!(
        text(doctor.access_token_claims()),
        r#"{"otherIds":[{"identifiant":"899700990015","origine":"RPPS","qualite":1}],"SubjectNameID":"899700990015","preferred_username":"899700990015"}"#
    );
}

#[test]
fn a_userinfo_document_is_what_clients_of_psc_expect_to_the_byte() {
    let directory = sandbox();
    let doctor = directory.find("899700990015").unwrap();
    let sub = "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990015";
    let document = serde_json::to_string_pretty(&doctor.userinfo(sub, "MOBILE")).unwrap();
    assert_eq!(document, include_str!("userinfo-899700990015.json").trim_end());
}

#[test]
fn the_documentation_lists_everybody_and_its_smallest_file_works() {
    let page = include_str!("../../../docs/identities.md");
    for person in sandbox().people() {
        for other in &person.other_ids {
            assert!(page.contains(&format!("`{}`", other.id)), "{}", other.id);
        }
    }
    let example = page.split("```").find_map(|block| block.strip_prefix("text\n")).unwrap();
    let directory = Directory::parse(example).unwrap();
    assert_eq!(directory.warnings(), []);
    assert_eq!(directory.people()[0].occupation().as_deref(), Some("Infirmier"));
}
