//! The words of the protocol's enums, as the database keeps them.

use anyhow::Context;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::database::Row;

/// The word of a value, the same as on the wire.
pub(super) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => unreachable!("the protocol writes these enums as one word"),
    }
}

/// Reads a word back.
pub(super) fn read<T: DeserializeOwned>(row: &Row, column: &'static str) -> anyhow::Result<T> {
    let word = row.text(column)?;
    serde_json::from_value(Value::String(word.clone()))
        .with_context(|| format!("column {column} holds {word:?}, not a known word"))
}

#[cfg(test)]
mod tests {
    use openpsc_protocol::ecps::{DeviceState, RequestState, Start};

    use super::*;

    /// The statements of the store spell these words out.
    #[test]
    fn the_words_are_those_of_the_statements() {
        assert_eq!(word(DeviceState::PinSet), "pin_set");
        assert_eq!(word(DeviceState::PinLocked), "pin_locked");
        assert_eq!(word(RequestState::NumberWrong), "number_wrong");
        assert_eq!(word(Start::Push), "push");
    }
}
