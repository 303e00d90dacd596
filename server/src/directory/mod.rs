//! The directory: who the professionals are.
//!
//! A directory is read from files in the format of the national extraction
//! (`Extraction_ProSanteConnect`, one row for each activity crossed with each
//! savoir-faire) and merged back into persons:
//!
//! ```text
//! person ──┬── identifiers (RPPS, and ADELI or others that lead to it)
//!          └── exercices (profession × category) ──┬── savoir-faire
//!                                                  └── activities
//! ```
//!
//! [`parse`] reads, [`person`] is what was read, [`claims`] writes it as PSC
//! does, [`nomenclature`] names its codes. Nothing here reads a file or a
//! clock: text comes in, persons come out.

mod claims;
mod columns;
mod national_id;
pub mod nomenclature;
mod parse;
mod person;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use national_id::{NationalId, NationalIdError, Origin};
pub use parse::{Fault, ParseError};
pub use person::{Activity, Exercice, OtherId, Person, SavoirFaire};

/// The invented professionals of the sandbox, as a file of the national format.
pub const SANDBOX: &str = include_str!("../../identities/sandbox.txt");

/// Every person that can log in, found by any of their identifiers.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    people: Vec<Person>,
    by_id: HashMap<String, usize>,
    warnings: Vec<Fault>,
}

/// Two files give one identifier to two persons.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is an identifier of two persons")]
pub struct MergeError(pub NationalId);

impl Directory {
    /// The person who has this identifier, be it the main one or another.
    pub fn find(&self, id: impl AsRef<str>) -> Option<&Person> {
        self.by_id.get(id.as_ref()).map(|&place| &self.people[place])
    }

    /// Everybody, in the order of the file.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// What looked wrong in the file without making it unusable, for the log.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// Adds another file: its persons replace those with the same main
    /// identifier, and the others come after.
    pub fn merge(mut self, other: Self) -> Result<Self, MergeError> {
        for person in other.people {
            let place = match self.by_id.get(person.national_id.as_str()) {
                Some(&place) if self.people[place].national_id == person.national_id => {
                    for old in &self.people[place].other_ids {
                        self.by_id.remove(old.id.as_str());
                    }
                    self.people[place] = person;
                    place
                }
                Some(_) => return Err(MergeError(person.national_id)),
                None => {
                    self.people.push(person);
                    self.people.len() - 1
                }
            };
            for other in &self.people[place].other_ids {
                if self.by_id.insert(other.id.as_str().to_owned(), place).is_some() {
                    return Err(MergeError(other.id.clone()));
                }
            }
        }
        self.warnings.extend(other.warnings);
        Ok(self)
    }
}
