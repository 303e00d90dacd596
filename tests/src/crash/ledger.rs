//! Who acknowledged what, and which promises were broken.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

/// What came of presenting something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// It served.
    Served,
    /// The call was cut: it may have served or not.
    Nothing,
    /// It was refused.
    Refused,
}

/// Something that was given to a client and may serve it once.
#[derive(Clone, Debug)]
pub struct Once {
    kind: &'static str,
    served: u32,
    cut: bool,
    refused: bool,
}

impl Once {
    /// A new one, which nobody has presented.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, served: 0, cut: false, refused: false }
    }

    /// Takes note of presenting it once more, or of several at the same
    /// instant. The error is the promise that was broken.
    pub fn hear(&mut self, together: &[Heard]) -> Result<(), String> {
        let refused_before = self.refused;
        let mut answers = together.to_vec();
        // Of those that came together whoever was served came first.
        answers.sort();
        for heard in answers {
            match heard {
                Heard::Nothing => self.cut = true,
                Heard::Served => {
                    self.served += 1;
                    if self.served > 1 {
                        return Err(format!("{} served twice", self.kind));
                    }
                    if refused_before {
                        return Err(format!("{} was refused and served later", self.kind));
                    }
                }
                Heard::Refused => {
                    let first = !std::mem::replace(&mut self.refused, true);
                    if first && self.served == 0 && !self.cut {
                        return Err(format!("{} was given and never served", self.kind));
                    }
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Book {
    deaths: u64,
    still_births: u64,
    slowest: Duration,
    cut: u64,
    flows: BTreeMap<&'static str, u64>,
    checks: BTreeMap<&'static str, u64>,
    violations: Vec<String>,
}

/// The counts of a run, and its violations.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

impl Ledger {
    /// The promises that were broken, in sentences.
    pub fn violations(&self) -> Vec<String> {
        self.book().violations.clone()
    }

    /// How often the program was killed.
    pub fn deaths(&self) -> u64 {
        self.book().deaths
    }

    /// How many flows went on to their end.
    pub fn flows(&self) -> u64 {
        self.book().flows.values().sum()
    }

    /// How many promises were looked at.
    pub fn checks(&self) -> u64 {
        self.book().checks.values().sum()
    }

    /// The program was killed, and answered again after so long.
    pub(super) fn death(&self, until_first_answer: Duration) {
        let mut book = self.book();
        book.deaths += 1;
        book.slowest = book.slowest.max(until_first_answer);
    }

    /// The program was killed while it started.
    pub(super) fn still_birth(&self) {
        self.book().still_births += 1;
    }

    /// A call was cut.
    pub(super) fn cut(&self) {
        self.book().cut += 1;
    }

    /// A flow went on to its end.
    pub(super) fn flow(&self, kind: &'static str) {
        *self.book().flows.entry(kind).or_default() += 1;
    }

    /// A promise was looked at.
    pub(super) fn check(&self, promise: &'static str, held: Result<(), String>) {
        let mut book = self.book();
        *book.checks.entry(promise).or_default() += 1;
        if let Err(violation) = held {
            eprintln!("VIOLATION: {violation}");
            book.violations.push(violation);
        }
    }

    /// Something happened that never may.
    pub(super) fn violation(&self, what: String) {
        self.check("nothing else goes wrong", Err(what));
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = self.book();
        let table = |counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(name, count)| format!("  {count:>8}  {name}\n")).collect::<String>()
        };
        writeln!(f, "kills: {}, and {} while starting", book.deaths, book.still_births)?;
        writeln!(f, "first answer after {:?} at the most", book.slowest)?;
        writeln!(f, "calls that were cut: {}", book.cut)?;
        writeln!(f, "flows: {}\n{}", book.flows.values().sum::<u64>(), table(&book.flows))?;
        writeln!(f, "checks: {}\n{}", book.checks.values().sum::<u64>(), table(&book.checks))?;
        for violation in &book.violations {
            writeln!(f, "VIOLATION: {violation}")?;
        }
        writeln!(f, "violations: {}", book.violations.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(answers: &[&[Heard]]) -> Option<String> {
        let mut once = Once::new("a code");
        answers.iter().find_map(|together| once.hear(together).err())
    }

    #[test]
    fn a_double_redemption_is_found_out() {
        use Heard::{Nothing, Refused, Served};

        let twice = Some("a code served twice".to_owned());
        assert_eq!(broken(&[&[Served], &[Served]]), twice);
        assert_eq!(broken(&[&[Served, Served]]), twice);
        assert_eq!(broken(&[&[Nothing], &[Served], &[Refused], &[Served]]), twice);
        assert_eq!(broken(&[&[Served], &[Refused], &[Refused]]), None);
        assert_eq!(broken(&[&[Refused, Served]]), None);
    }

    #[test]
    fn what_was_given_and_is_refused_is_lost() {
        use Heard::{Nothing, Refused, Served};

        let lost = Some("a code was given and never served".to_owned());
        assert_eq!(broken(&[&[Refused]]), lost);
        assert_eq!(broken(&[&[Refused, Refused]]), lost);
        assert_eq!(broken(&[&[Nothing], &[Refused]]), None, "either");
        assert_eq!(broken(&[&[Nothing], &[Served], &[Refused]]), None, "or");
        let both = Some("a code was refused and served later".to_owned());
        assert_eq!(broken(&[&[Nothing], &[Refused], &[Served]]), both, "never both");
    }

    #[test]
    fn a_violation_is_counted_and_told() {
        let ledger = Ledger::default();
        ledger.check("a code serves once", Ok(()));
        assert_eq!(ledger.violations(), [""; 0]);
        ledger.check("a code serves once", Err("a code served twice".into()));
        assert_eq!(ledger.violations(), ["a code served twice"]);
        let told = ledger.to_string();
        assert!(told.contains("checks: 2") && told.contains("violations: 1"), "{told}");
    }
}
