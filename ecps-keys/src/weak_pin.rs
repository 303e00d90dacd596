//! Which PINs not to take: those that somebody else would try first.

/// Why a PIN is refused; the screen has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Not the number of digits asked for, or not digits.
    WrongLength,
    /// The same digit or group again and again: `000000`, `121212`, `111222`.
    Repeated,
    /// Digits that follow each other: `123456`, `987654`, `246802`.
    Run,
    /// Begins or ends with a year: `198704`, `042019`.
    Year,
    /// The person's own birth date or a part of their identifier.
    Personal,
    /// One of those that people choose most.
    Common,
}

/// The first reason not to take `pin`, if there is one. `forbidden` holds the
/// birth date (`1975-04-12` or `12/04/1975`) and identifiers.
pub fn weak_pin(pin: &str, length: usize, forbidden: &[String]) -> Option<Weakness> {
    if pin.len() != length || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Weakness::WrongLength);
    }
    let digits: Vec<u8> = pin.bytes().map(|byte| byte - b'0').collect();

    if is_repeated(&digits) {
        Some(Weakness::Repeated)
    } else if is_run(&digits) {
        Some(Weakness::Run)
    } else if forbidden.iter().any(|word| is_part_of(pin, word)) {
        Some(Weakness::Personal)
    } else if is_year(pin) {
        Some(Weakness::Year)
    } else if COMMON.contains(&pin) {
        Some(Weakness::Common)
    } else {
        None
    }
}

/// A group that fills the PIN, or two blocks of one digit each.
fn is_repeated(digits: &[u8]) -> bool {
    let periodic = (1..=digits.len() / 2).any(|period| {
        digits.len().is_multiple_of(period)
            && digits.iter().zip(digits.iter().skip(period)).all(|(a, b)| a == b)
    });
    let changes = digits.iter().zip(digits.iter().skip(1)).filter(|(a, b)| a != b).count();
    periodic || (changes <= 1)
}

/// The same step from each digit to the next, counted around from 9 to 0.
fn is_run(digits: &[u8]) -> bool {
    let mut steps = digits.iter().zip(digits.iter().skip(1)).map(|(a, b)| (10 + b - a) % 10);
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

fn is_year(pin: &str) -> bool {
    let century = |at: usize| matches!(pin.get(at..at + 2), Some("19" | "20"));
    century(0) || pin.len().checked_sub(4).is_some_and(century)
}

fn is_part_of(pin: &str, word: &str) -> bool {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    digits.contains(pin) || date(word).is_some_and(|date| is_written_with(pin, &date))
}

/// `[year, its last two digits, month, day]` of `1975-04-12` or `12/04/1975`.
fn date(word: &str) -> Option<[&str; 4]> {
    let mut parts = word.split(['-', '/', '.']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = if a.len() == 4 { (a, b, c) } else { (c, b, a) };
    let is_date = parts.next().is_none()
        && (year.len(), month.len(), day.len()) == (4, 2, 2)
        && [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    is_date.then_some([year, year.get(2..)?, month, day])
}

/// Whether the PIN is parts of the date one after the other, in any order.
fn is_written_with(pin: &str, parts: &[&str; 4]) -> bool {
    pin.is_empty()
        || parts
            .iter()
            .any(|part| pin.strip_prefix(part).is_some_and(|rest| is_written_with(rest, parts)))
}

/// Keyboard figures, famous numbers, songs: what lists of leaked PINs begin with.
const COMMON: &[&str] = &[
    "0007", "0258", "0852", "1004", "1010", "1122", "1236", "1245", "1342", "1379", "1397", "1478",
    "1590", "2021", "2468", "2580", "3690", "4200", "4321", "5683", "7410", "7531", "7890", "8520",
    "9510", "007007", "010203", "012012", "100200", "101010", "102030", "102938", "110110",
    "112211", "112233", "112358", "121314", "123123", "123321", "123654", "123698", "123789",
    "124578", "131415", "134679", "135792", "141592", "142536", "142857", "147258", "147369",
    "147852", "147896", "159159", "159263", "159357", "159753", "165432", "223344", "246810",
    "258000", "258147", "258369", "258456", "258852", "271828", "314159", "321123", "321654",
    "321987", "332211", "334455", "357159", "357951", "369147", "369258", "420420", "445566",
    "456123", "456654", "456789", "456852", "520131", "520520", "520530", "554433", "556677",
    "654123", "654987", "665544", "667788", "741258", "741852", "741963", "753159", "753951",
    "776655", "778899", "789123", "789456", "789654", "789987", "852147", "852456", "852963",
    "887766", "951357", "951753", "963258", "963852", "987123", "987456", "998877",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn weakness(pin: &str) -> Option<Weakness> {
        let forbidden = ["1975-04-12".into(), "899700990015".into()];
        weak_pin(pin, 6, &forbidden)
    }

    #[test]
    fn an_ordinary_pin_is_taken() {
        for pin in ["407193", "860274", "739105", "503816"] {
            assert_eq!(weakness(pin), None, "{pin}");
        }
    }

    #[test]
    fn each_weakness_has_its_name() {
        for (pin, expected) in [
            ("12345", Weakness::WrongLength),
            ("1234567", Weakness::WrongLength),
            ("12345a", Weakness::WrongLength),
            ("١٢٣", Weakness::WrongLength),
            ("000000", Weakness::Repeated),
            ("474747", Weakness::Repeated),
            ("823823", Weakness::Repeated),
            ("777788", Weakness::Repeated),
            ("456789", Weakness::Run),
            ("890123", Weakness::Run),
            ("987654", Weakness::Run),
            ("246802", Weakness::Run),
            ("198704", Weakness::Year),
            ("042019", Weakness::Year),
            ("120475", Weakness::Personal),
            ("750412", Weakness::Personal),
            ("197504", Weakness::Personal),
            ("041275", Weakness::Personal),
            ("700990", Weakness::Personal),
            ("990015", Weakness::Personal),
            ("159753", Weakness::Common),
        ] {
            assert_eq!(weakness(pin), Some(expected), "{pin}");
        }
    }

    #[test]
    fn a_french_date_is_understood_and_four_digits_too() {
        let forbidden = ["12/04/1975".to_owned()];
        assert_eq!(weak_pin("1204", 4, &forbidden), Some(Weakness::Personal));
        assert_eq!(weak_pin("2580", 4, &forbidden), Some(Weakness::Common));
        assert_eq!(weak_pin("1986", 4, &[]), Some(Weakness::Year));
        assert_eq!(weak_pin("4071", 4, &forbidden), None);
    }

    #[test]
    fn no_forbidden_word_forbids_everything() {
        assert_eq!(weak_pin("407193", 6, &["".into(), "Martin".into(), "--".into()]), None);
    }

    #[test]
    fn at_least_nine_pins_in_ten_remain() {
        let sample = (0..1_000_000).step_by(97);
        let (all, taken) = sample.fold((0, 0), |(all, taken), n| {
            (all + 1, taken + usize::from(weakness(&format!("{n:06}")).is_none()))
        });
        assert!(taken * 10 > all * 9, "{taken} of {all}");
    }
}
