//! The columns of the national extraction, found by name and in any order.

use std::collections::{BTreeMap, HashMap};

use super::parse::Fault;

/// A column that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column(pub &'static str);

impl Column {
    pub(super) const TYPE: Self = Self("Type d'identifiant PP");
    pub(super) const BODY: Self = Self("Identifiant PP");
    pub(super) const NATIONAL_ID: Self = Self("Identification nationale PP");
    pub(super) const FAMILY_NAME: Self = Self("Nom de famille");
    pub(super) const GIVEN_NAMES: Self = Self("Prénoms");
    pub(super) const BIRTH_DATE: Self = Self("Date de naissance");
    pub(super) const BIRTH_COMMUNE: Self = Self("Code commune de naissance");
    pub(super) const BIRTH_COUNTRY: Self = Self("Code pays de naissance");
    pub(super) const BIRTH_PLACE: Self = Self("Lieu de naissance");
    pub(super) const SEX: Self = Self("Code sexe");
    pub(super) const PHONE: Self = Self("Téléphone (coord. correspondance)");
    pub(super) const EMAIL: Self = Self("Adresse e-mail (coord. correspondance)");
    pub(super) const CIVILITY: Self = Self("Code civilité");
    pub(super) const PROFESSION: Self = Self("Code profession");
    pub(super) const CATEGORY: Self = Self("Code catégorie professionnelle");
    pub(super) const EXERCISE_CIVILITY: Self = Self("Code civilité d'exercice");
    pub(super) const EXERCISE_NAME: Self = Self("Nom d'exercice");
    pub(super) const EXERCISE_GIVEN_NAME: Self = Self("Prénom d'exercice");
    pub(super) const SAVOIR_FAIRE_TYPE: Self = Self("Code type savoir-faire");
    pub(super) const SAVOIR_FAIRE: Self = Self("Code savoir-faire");
    pub(super) const OTHER_IDS: Self = Self("Autres identifiants");
}

/// Without these a row cannot say who it is about.
const MANDATORY: [Column; 7] = [
    Column::TYPE,
    Column::BODY,
    Column::NATIONAL_ID,
    Column::FAMILY_NAME,
    Column::GIVEN_NAMES,
    Column::PROFESSION,
    Column::CATEGORY,
];

/// The columns of a person and of an exercice; those of an activity are
/// [`ACTIVITY_MEMBERS`].
const PERSON: [Column; 21] = [
    Column::TYPE,
    Column::BODY,
    Column::NATIONAL_ID,
    Column::FAMILY_NAME,
    Column::GIVEN_NAMES,
    Column::BIRTH_DATE,
    Column::BIRTH_COMMUNE,
    Column::BIRTH_COUNTRY,
    Column::BIRTH_PLACE,
    Column::SEX,
    Column::PHONE,
    Column::EMAIL,
    Column::CIVILITY,
    Column::PROFESSION,
    Column::CATEGORY,
    Column::EXERCISE_CIVILITY,
    Column::EXERCISE_NAME,
    Column::EXERCISE_GIVEN_NAME,
    Column::SAVOIR_FAIRE_TYPE,
    Column::SAVOIR_FAIRE,
    Column::OTHER_IDS,
];

/// Each member of an activity in userinfo, in the order of the wire, with the
/// column that it comes from.
pub(super) const ACTIVITY_MEMBERS: [(&str, Column); 30] = [
    ("codeModeExercice", Column("Code mode exercice")),
    ("codeSecteurDactivite", Column("Code secteur d'activité")),
    ("codeSectionPharmacien", Column("Code section tableau pharmaciens")),
    ("codeRole", Column("Code rôle")),
    ("codeGenreActivite", Column("Code genre activité")),
    ("numeroSiretSite", Column("Numéro SIRET site")),
    ("numeroSirenSite", Column("Numéro SIREN site")),
    ("numeroFinessSite", Column("Numéro FINESS site")),
    // The lower-case « e » after « Finess » is what PSC sends.
    ("numeroFinessetablissementJuridique", Column("Numéro FINESS établissement juridique")),
    ("identifiantTechniqueDeLaStructure", Column("Identifiant technique de la structure")),
    ("raisonSocialeSite", Column("Raison sociale site")),
    ("enseigneCommercialeSite", Column("Enseigne commerciale site")),
    ("complementDestinataire", Column("Complément destinataire (coord. structure)")),
    ("complementPointGeographique", Column("Complément point géographique (coord. structure)")),
    ("numeroVoie", Column("Numéro Voie (coord. structure)")),
    ("indiceRepetitionVoie", Column("Indice répétition voie (coord. structure)")),
    ("codeTypeDeVoie", Column("Code type de voie (coord. structure)")),
    ("libelleVoie", Column("Libellé Voie (coord. structure)")),
    ("mentionDistribution", Column("Mention distribution (coord. structure)")),
    ("bureauCedex", Column("Bureau cedex (coord. structure)")),
    ("codePostal", Column("Code postal (coord. structure)")),
    ("codeCommune", Column("Code commune (coord. structure)")),
    ("codePays", Column("Code pays (coord. structure)")),
    ("telephone", Column("Téléphone (coord. structure)")),
    ("telephone2", Column("Téléphone 2 (coord. structure)")),
    ("telecopie", Column("Télécopie (coord. structure)")),
    ("adresseEMail", Column("Adresse e-mail (coord. structure)")),
    ("codeDepartement", Column("Code département (coord. structure)")),
    ("ancienIdentifiantDeLaStructure", Column("Ancien identifiant de la structure")),
    ("autoriteDenregistrement", Column("Autorité d'enregistrement")),
];

/// Spellings met in files, beside the official one.
const SPELLINGS: [(&str, Column); 3] = [
    ("Code genre d'activité", Column("Code genre activité")),
    ("Code fonction", Column("Code rôle")),
    ("Code civilité exercice", Column::EXERCISE_CIVILITY),
];

/// Where each column stands in one file.
pub(super) struct Header {
    positions: BTreeMap<&'static str, usize>,
    width: usize,
}

impl Header {
    /// Reads the first line: the header, and the columns that we do not know.
    pub(super) fn parse(line: &str) -> Result<(Self, Vec<String>), Vec<Fault>> {
        let titles: Vec<&str> = cells(line).collect();
        let known = known_columns();
        let mut positions = BTreeMap::new();
        let mut unknown = Vec::new();
        let mut faults = Vec::new();
        for (position, title) in titles.iter().enumerate() {
            match known.get(&folded(title)) {
                None => unknown.push((*title).trim().to_owned()),
                Some(column) => {
                    if positions.insert(column.0, position).is_some() {
                        faults.push(Fault::new(1, column.0, "this column appears twice"));
                    }
                }
            }
        }
        for column in MANDATORY {
            if !positions.contains_key(column.0) {
                faults.push(Fault::new(1, column.0, "this column is missing from the header"));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok((Self { positions, width: titles.len() }, unknown))
    }

    /// The cells of one line, or why it cannot be cut like the header.
    pub(super) fn row<'a>(&'a self, number: usize, line: &'a str) -> Result<Row<'a>, Fault> {
        let cells: Vec<&str> = cells(line).map(str::trim).collect();
        if cells.len() != self.width {
            let rule = format!("the line has {} fields, the header {}", cells.len(), self.width);
            return Err(Fault::new(number, "", rule));
        }
        Ok(Row { header: self, number, cells })
    }
}

/// One line, cut.
pub(super) struct Row<'a> {
    header: &'a Header,
    pub(super) number: usize,
    cells: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// What stands in a column; nothing when the file does not have it.
    pub(super) fn cell(&self, column: Column) -> &'a str {
        self.header.positions.get(column.0).map_or("", |&position| self.cells[position])
    }

    /// Every cell that is read, with the name of its column.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.header.positions.iter().map(|(&column, &position)| (column, self.cells[position]))
    }
}

/// Every line ends with a separator, the header too.
fn cells(line: &str) -> std::str::Split<'_, char> {
    line.strip_suffix('|').unwrap_or(line).split('|')
}

fn known_columns() -> HashMap<String, Column> {
    let activity = ACTIVITY_MEMBERS.iter().map(|&(_, column)| (column.0, column));
    let person = PERSON.iter().map(|&column| (column.0, column));
    activity.chain(person).chain(SPELLINGS).map(|(title, column)| (folded(title), column)).collect()
}

/// A title without what files spell differently: case, accents, apostrophes,
/// spaces, and the mention that an address is the structure's.
fn folded(title: &str) -> String {
    let lower = title.to_lowercase();
    lower
        .replace("(coord. structure)", "")
        .chars()
        .filter_map(|letter| match letter {
            'é' | 'è' | 'ê' | 'ë' => Some('e'),
            'à' | 'â' => Some('a'),
            'î' | 'ï' => Some('i'),
            'ô' => Some('o'),
            'ù' | 'û' | 'ü' => Some('u'),
            'ç' => Some('c'),
            _ => letter.is_ascii_alphanumeric().then_some(letter),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_columns_fold_into_one() {
        assert_eq!(known_columns().len(), ACTIVITY_MEMBERS.len() + PERSON.len() + SPELLINGS.len());
    }

    #[test]
    fn a_title_is_known_in_any_spelling() {
        assert_eq!(folded("Code Département (coord. Structure)"), "codedepartement");
        assert_eq!(folded("NUMERO VOIE"), folded("Numéro Voie (coord. structure)"));
        assert_ne!(
            folded("Téléphone (coord. structure)"),
            folded("Téléphone (coord. correspondance)")
        );
    }
}
