//! Reading a file: one row is one activity crossed with one savoir-faire, and
//! the rows of a person are merged back into sets.
//!
//! PSC's own loader reads the cross product as extra activities and lets an
//! unbalanced quote swallow lines. Here a savoir-faire and an activity are
//! each kept once, and a quote is a letter like another.

use std::{collections::HashMap, fmt};

use super::{
    Directory,
    columns::{ACTIVITY_MEMBERS, Column, Header, Row},
    national_id::NationalId,
    nomenclature,
    person::{Activity, Exercice, OtherId, Person, SavoirFaire},
};

/// How many faults a [`ParseError`] tells, and how many warnings are kept.
const TOLD: usize = 20;

/// The longest cell: twice the longest name seen in a real file.
const LONGEST_CELL: usize = 500;

/// A rule that one line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: usize,
    /// The column's official name; empty when the whole line is meant.
    pub column: String,
    /// What should have been.
    pub rule: String,
}

/// Everything that is wrong with a file, first things first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    /// The first faults, at most 20.
    pub faults: Vec<Fault>,
    /// How many there are in all.
    pub total: usize,
}

impl Fault {
    pub(super) fn new(line: usize, column: &str, rule: impl Into<String>) -> Self {
        Self { line, column: column.to_owned(), rule: rule.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(out, ", column « {} »", self.column)?;
        }
        write!(out, ": {}", self.rule)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.faults.iter().enumerate() {
            if place > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{fault}")?;
        }
        match self.total - self.faults.len() {
            0 => Ok(()),
            more => write!(out, "\nand {more} more"),
        }
    }
}

impl Directory {
    /// Reads a file in the format of the national extraction. One bad line
    /// refuses the file, and all bad lines are told at once.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().enumerate().map(|(place, line)| (place + 1, line));
        let header = lines.next().ok_or_else(|| {
            ParseError::of(vec![Fault::new(1, "", "the file is empty: a header line is expected")])
        })?;
        let (header, unknown) = Header::parse(header.1).map_err(ParseError::of)?;

        let mut reading = Reading::default();
        for title in unknown {
            reading.warn(Fault::new(1, &title, "this column is not known and is not read"));
        }
        let mut faults = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            match header.row(number, line) {
                Err(fault) => faults.push(fault),
                Ok(row) => reading.take(&row, &mut faults),
            }
        }
        if !faults.is_empty() {
            return Err(ParseError::of(faults));
        }
        Ok(Self { people: reading.people, by_id: reading.by_id, warnings: reading.warnings })
    }
}

impl ParseError {
    pub(super) fn of(mut faults: Vec<Fault>) -> Self {
        let total = faults.len();
        faults.truncate(TOLD);
        Self { faults, total }
    }
}

/// The people met so far.
#[derive(Default)]
struct Reading {
    people: Vec<Person>,
    by_id: HashMap<String, usize>,
    warnings: Vec<Fault>,
}

impl Reading {
    fn warn(&mut self, fault: Fault) {
        if self.warnings.len() < TOLD {
            self.warnings.push(fault);
        }
    }

    fn take(&mut self, row: &Row<'_>, faults: &mut Vec<Fault>) {
        let before = faults.len();
        check_text(row, faults);
        let national_id = national_id(row, faults);
        let ids = other_ids(row, faults);
        if row.cell(Column::FAMILY_NAME).is_empty() {
            faults.push(Fault::new(row.number, Column::FAMILY_NAME.0, "a name is expected"));
        }
        let (Some(national_id), true) = (national_id, faults.len() == before) else { return };

        let own = OtherId::of(national_id.clone());
        let listed = ids.iter().any(|other| other.id == national_id);
        let ids = if listed { ids } else { [vec![own], ids].concat() };
        match self.owner(&ids) {
            Err(other) => {
                let rule = format!("{other} is already an identifier of somebody else");
                faults.push(Fault::new(row.number, Column::OTHER_IDS.0, rule));
            }
            Ok(owner) => {
                let place = owner.unwrap_or_else(|| self.welcome(row, national_id));
                self.link(place, ids);
                self.learn(place, row);
            }
        }
    }

    /// Who these identifiers already belong to; `Err` when they belong to two
    /// persons.
    fn owner(&self, ids: &[OtherId]) -> Result<Option<usize>, NationalId> {
        let mut owner = None;
        for other in ids {
            let found = self.by_id.get(other.id.as_str()).copied();
            match (owner, found) {
                (Some(first), Some(second)) if first != second => return Err(other.id.clone()),
                (None, found) => owner = found,
                _ => {}
            }
        }
        Ok(owner)
    }

    /// Adds a person with their civil identity.
    fn welcome(&mut self, row: &Row<'_>, national_id: NationalId) -> usize {
        if !national_id.has_valid_key() {
            let rule = format!("the check digit of {national_id} is wrong");
            self.warn(Fault::new(row.number, Column::NATIONAL_ID.0, rule));
        }
        let text = |column: Column| row.cell(column).to_owned();
        self.people.push(Person {
            national_id,
            other_ids: Vec::new(),
            family_name: text(Column::FAMILY_NAME),
            given_names: given_names(row.cell(Column::GIVEN_NAMES)),
            birth_date: text(Column::BIRTH_DATE),
            birth_commune: text(Column::BIRTH_COMMUNE),
            birth_country: text(Column::BIRTH_COUNTRY),
            birth_place: text(Column::BIRTH_PLACE),
            sex: text(Column::SEX),
            phone: text(Column::PHONE),
            email: text(Column::EMAIL),
            civility: text(Column::CIVILITY),
            exercices: Vec::new(),
        });
        self.people.len() - 1
    }

    /// Ties identifiers to a person. RPPS absorbs the others: PSC repeats a
    /// person under each identifier, and the RPPS one stays the main one.
    fn link(&mut self, place: usize, ids: Vec<OtherId>) {
        let person = &mut self.people[place];
        for other in ids {
            self.by_id.insert(other.id.as_str().to_owned(), place);
            if !person.other_ids.iter().any(|known| known.id == other.id) {
                person.other_ids.push(other);
            }
        }
        let main_is_rpps = OtherId::of(person.national_id.clone()).is_rpps();
        if !main_is_rpps && let Some(rpps) = person.other_ids.iter().find(|other| other.is_rpps()) {
            person.national_id = rpps.id.clone();
        }
        let main = person.national_id.clone();
        person.other_ids.sort_by_key(|other| other.id != main);
    }

    /// Adds what the row says about the person's work.
    fn learn(&mut self, place: usize, row: &Row<'_>) {
        let person = &self.people[place];
        if person.family_name != row.cell(Column::FAMILY_NAME) {
            let rule = format!("{} has another name above, which is kept", person.national_id);
            self.warn(Fault::new(row.number, Column::FAMILY_NAME.0, rule));
        }
        let (profession, category) = (row.cell(Column::PROFESSION), row.cell(Column::CATEGORY));
        if profession.is_empty() {
            return;
        }
        if nomenclature::profession(profession, category).is_none() {
            let rule = format!("the profession {profession} is in no table that we know");
            self.warn(Fault::new(row.number, Column::PROFESSION.0, rule));
        }
        let exercices = &mut self.people[place].exercices;
        let known = exercices.iter().position(|exercice| {
            exercice.profession == profession && exercice.category == category
        });
        let known = known.unwrap_or_else(|| {
            exercices.push(exercice(row));
            exercices.len() - 1
        });
        let exercice = &mut exercices[known];
        if let Some(savoir_faire) = savoir_faire(row)
            && !exercice.savoir_faire.contains(&savoir_faire)
        {
            exercice.savoir_faire.push(savoir_faire);
        }
        if let Some(activity) = activity(row)
            && !exercice.activities.contains(&activity)
        {
            exercice.activities.push(activity);
        }
    }
}

/// Refuses what no page could show: control characters and endless cells.
fn check_text(row: &Row<'_>, faults: &mut Vec<Fault>) {
    for (column, cell) in row.cells() {
        if cell.chars().any(char::is_control) {
            faults.push(Fault::new(row.number, column, "a control character is not text"));
        }
        if cell.chars().count() > LONGEST_CELL {
            let rule = format!("a field has at most {LONGEST_CELL} characters");
            faults.push(Fault::new(row.number, column, rule));
        }
    }
}

fn national_id(row: &Row<'_>, faults: &mut Vec<Fault>) -> Option<NationalId> {
    let (kind, body) = (row.cell(Column::TYPE), row.cell(Column::BODY));
    let text = row.cell(Column::NATIONAL_ID);
    let mut fault = |column: Column, rule: String| {
        faults.push(Fault::new(row.number, column.0, rule));
        None
    };
    if format!("{kind}{body}") != text {
        let rule = format!("« {text} » is not the type « {kind} » followed by « {body} »");
        return fault(Column::NATIONAL_ID, rule);
    }
    if kind == "8" && !(body.len() == 11 && body.bytes().all(|byte| byte.is_ascii_digit())) {
        return fault(Column::BODY, format!("an RPPS number has 11 digits, « {body} » has not"));
    }
    if kind == "0" && body.chars().count() != 9 {
        return fault(
            Column::BODY,
            format!("an ADELI number has 9 characters, « {body} » has not"),
        );
    }
    match text.parse() {
        Ok(id) => Some(id),
        Err(error) => fault(Column::NATIONAL_ID, format!("{error}")),
    }
}

/// `identifier,ORIGIN,quality` joined by `;`.
fn other_ids(row: &Row<'_>, faults: &mut Vec<Fault>) -> Vec<OtherId> {
    let items = row.cell(Column::OTHER_IDS).split(';').filter(|item| !item.trim().is_empty());
    items
        .filter_map(|item| {
            let other = other_id(item.trim());
            if other.is_none() {
                let rule = format!("« {item} » is not written identifier,ORIGIN,quality");
                faults.push(Fault::new(row.number, Column::OTHER_IDS.0, rule));
            }
            other
        })
        .collect()
}

fn other_id(item: &str) -> Option<OtherId> {
    let mut parts = item.split(',').map(str::trim);
    let (id, origin, quality) = (parts.next()?, parts.next()?, parts.next()?);
    if origin.is_empty() || parts.next().is_some() {
        return None;
    }
    let id = id.parse().ok()?;
    Some(OtherId { id, origin: origin.to_owned(), quality: quality.parse().ok()? })
}

/// Up to three given names joined by apostrophes, padded: `Camille'Anne'`.
fn given_names(text: &str) -> Vec<String> {
    text.split('\'').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn exercice(row: &Row<'_>) -> Exercice {
    Exercice {
        profession: row.cell(Column::PROFESSION).to_owned(),
        category: row.cell(Column::CATEGORY).to_owned(),
        civility: row.cell(Column::EXERCISE_CIVILITY).to_owned(),
        family_name: row.cell(Column::EXERCISE_NAME).to_owned(),
        given_name: row.cell(Column::EXERCISE_GIVEN_NAME).to_owned(),
        savoir_faire: Vec::new(),
        activities: Vec::new(),
    }
}

fn savoir_faire(row: &Row<'_>) -> Option<SavoirFaire> {
    let kind = row.cell(Column::SAVOIR_FAIRE_TYPE).to_owned();
    let code = row.cell(Column::SAVOIR_FAIRE).to_owned();
    (!code.is_empty()).then_some(SavoirFaire { kind, code })
}

/// A person without activity has one row that names no place, no mode, no
/// sector, no role; who registered them may still stand there.
fn activity(row: &Row<'_>) -> Option<Activity> {
    let values: Vec<String> =
        ACTIVITY_MEMBERS.iter().map(|&(_, column)| row.cell(column).to_owned()).collect();
    let says_something = ACTIVITY_MEMBERS
        .iter()
        .zip(&values)
        .any(|(&(member, _), value)| member != "autoriteDenregistrement" && !value.is_empty());
    says_something.then_some(Activity { values })
}
