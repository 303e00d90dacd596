//! The digits that a person is typing.

use zeroize::Zeroizing;

/// A PIN on its way to K2. Lives in wasm memory only, is wiped when dropped,
/// and cannot be printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Adds a digit, unless there are `length` already.
    pub fn push(&mut self, digit: u8, length: usize) {
        if self.0.len() < length {
            // Reserved at once: growing would leave copies of the start behind.
            self.0.reserve_exact(length);
            self.0.push(char::from(b'0' + digit % 10));
        }
    }

    /// Takes the last digit back.
    pub fn erase(&mut self) {
        self.0.pop();
    }

    /// Forgets all of it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many digits have been typed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing has been typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The digits, for the one place that derives the key.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Pin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_as_many_digits_as_asked_and_no_more() {
        let mut pin = Pin::default();
        for digit in [4, 0, 7, 1, 9] {
            pin.push(digit, 4);
        }
        assert_eq!(pin.digits(), "4071");
        pin.erase();
        assert_eq!(pin.digits(), "407");
        pin.clear();
        assert!(pin.is_empty());
    }

    #[test]
    fn it_is_never_printed() {
        let mut pin = Pin::default();
        pin.push(7, 6);
        assert_eq!(format!("{pin:?}"), "Pin");
    }
}
