//! The six digits that portal and phone both show at enrolment.

use sha2::{Digest, Sha256};

/// Truncated SHA-256(enrol_id ‖ thumb1 ‖ thumb2). A phone that slipped in
/// between shows another value, and the person does not confirm.
pub fn check_value(enrol_id: &str, thumb1: &str, thumb2: &str) -> String {
    let digest =
        Sha256::new().chain_update(enrol_id).chain_update(thumb1).chain_update(thumb2).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    format!("{:06}", u64::from_be_bytes(first) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_that_follow_every_part() {
        let value = check_value("e", "a", "b");
        assert!(value.len() == 6 && value.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(value, check_value("e", "a", "b"));
        for other in
            [check_value("f", "a", "b"), check_value("e", "c", "b"), check_value("e", "a", "c")]
        {
            assert_ne!(value, other);
        }
    }
}
