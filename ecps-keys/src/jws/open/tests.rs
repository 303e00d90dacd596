//! Each test is an attack on the envelope.

use openpsc_protocol::ecps::{Decision, Proof, kid, typ};
use rand_core::OsRng;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{PossessionKey, jws::Draft};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    word: String,
}

fn word(word: &str) -> Word {
    Word { word: word.into() }
}

fn key() -> PossessionKey {
    PossessionKey::random(&mut OsRng)
}

fn signed(typ: &'static str, keys: &[(&str, &PossessionKey)]) -> SignedMessage {
    let draft = Draft::new(typ, &word("yes")).unwrap();
    keys.iter()
        .fold(draft, |draft, (kid, key)| draft.sign(kid, |input| key.sign(input)))
        .into_message()
}

fn replace_header(message: &SignedMessage, key: &PossessionKey, header: &str) -> SignedMessage {
    let protected = base64url::encode(header);
    let signature = key.sign(format!("{protected}.{}", message.payload).as_bytes());
    let signature = MessageSignature { protected, signature: base64url::encode(signature) };
    SignedMessage { payload: message.payload.clone(), signatures: vec![signature] }
}

#[test]
fn two_keys_in_order_open_a_message() {
    let (k1, k2) = (key(), key());
    let message = signed(typ::APPROVAL, &[(kid::K1, &k1), (kid::K2, &k2)]);
    let keys = (k1.public_key(), k2.public_key());
    let opened = open(&message, typ::APPROVAL, &[(kid::K1, &keys.0), (kid::K2, &keys.1)]);
    assert_eq!(opened, Ok(word("yes")));
}

#[test]
fn the_key_that_failed_is_named() {
    let (k1, k2, stranger) = (key(), key(), key());
    let keys = (k1.public_key(), k2.public_key());
    let keys = [(kid::K1, &keys.0), (kid::K2, &keys.1)];
    for (signers, failed) in [([&stranger, &k2], kid::K1), ([&k1, &stranger], kid::K2)] {
        let message = signed(typ::APPROVAL, &[(kid::K1, signers[0]), (kid::K2, signers[1])]);
        let refused = open::<Word>(&message, typ::APPROVAL, &keys);
        assert_eq!(refused, Err(NotOpened::BadSignature { kid: failed.into() }));
    }
}

#[test]
fn the_first_key_can_be_checked_alone_and_the_second_later() {
    let (k1, k2) = (key(), key());
    let message = signed(typ::APPROVAL, &[(kid::K1, &k1), (kid::K2, &k2)]);
    let kids = [kid::K1, kid::K2];

    let opened = open_in_steps::<Word>(&message, typ::APPROVAL, &kids, &k1.public_key()).unwrap();

    assert_eq!(opened.payload, word("yes"));
    assert_eq!(opened.verify(kid::K2, &k2.public_key()), Ok(()));
    let wrong_pin = Err(NotOpened::BadSignature { kid: kid::K2.into() });
    assert_eq!(opened.verify(kid::K2, &key().public_key()), wrong_pin);
    assert_eq!(opened.verify(kid::K2_NEW, &k2.public_key()), Err(NotOpened::WrongKeys));
}

#[test]
fn missing_surplus_doubled_and_swapped_signatures_are_refused() {
    let (k1, k2) = (key(), key());
    let keys = (k1.public_key(), k2.public_key());
    let keys = [(kid::K1, &keys.0), (kid::K2, &keys.1)];
    let wanted: [(&str, &PossessionKey); 2] = [(kid::K1, &k1), (kid::K2, &k2)];
    let surplus = (kid::K2_NEW, &k2);
    for signers in [
        vec![],
        vec![wanted[0]],
        vec![wanted[1]],
        vec![wanted[1], wanted[0]],
        vec![wanted[0], wanted[0]],
        vec![wanted[0], wanted[1], surplus],
        vec![wanted[0], wanted[1], wanted[1]],
    ] {
        let message = signed(typ::APPROVAL, &signers);
        let refused = open::<Word>(&message, typ::APPROVAL, &keys);
        assert_eq!(refused, Err(NotOpened::WrongKeys));
    }
    assert_eq!(
        open::<Word>(&signed(typ::APPROVAL, &[]), typ::APPROVAL, &[]),
        Err(NotOpened::WrongKeys)
    );
}

#[test]
fn a_message_cannot_stand_in_for_another() {
    let k1 = key();
    let message = signed(typ::PIN_OPRF, &[(kid::K1, &k1)]);
    let refused = open::<Word>(&message, typ::APPROVAL, &[(kid::K1, &k1.public_key())]);
    assert_eq!(refused, Err(NotOpened::Malformed("typ is that of another message")));
}

#[test]
fn only_es256_and_only_three_header_members() {
    let k1 = key();
    let message = signed(typ::REVOKE, &[(kid::K1, &k1)]);
    let jwk = serde_json::to_string(&k1.public_key()).unwrap();
    for header in [
        r#"{"alg":"none","typ":"ecps-revoke+jwt","kid":"k1"}"#.to_owned(),
        r#"{"alg":"HS256","typ":"ecps-revoke+jwt","kid":"k1"}"#.to_owned(),
        r#"{"alg":"es256","typ":"ecps-revoke+jwt","kid":"k1"}"#.to_owned(),
        r#"{"alg":"ES256","typ":"ecps-revoke+jwt","kid":"k1","crit":["b64"],"b64":false}"#
            .to_owned(),
        r#"{"alg":"ES256","typ":"ecps-revoke+jwt","kid":"k1","kid":"k1"}"#.to_owned(),
        r#"{"alg":"ES256","typ":"ecps-revoke+jwt"}"#.to_owned(),
        format!(r#"{{"alg":"ES256","typ":"ecps-revoke+jwt","kid":"k1","jwk":{jwk}}}"#),
    ] {
        let message = replace_header(&message, &k1, &header);
        let refused = open::<Word>(&message, typ::REVOKE, &[(kid::K1, &k1.public_key())]);
        assert!(matches!(refused, Err(NotOpened::Malformed(_))), "{header}: {refused:?}");
    }
}

#[test]
fn a_changed_payload_is_refused() {
    let k1 = key();
    let mut message = signed(typ::REVOKE, &[(kid::K1, &k1)]);
    message.payload = base64url::encode(r#"{"word":"no"}"#);
    let refused = open::<Word>(&message, typ::REVOKE, &[(kid::K1, &k1.public_key())]);
    assert_eq!(refused, Err(NotOpened::BadSignature { kid: kid::K1.into() }));
}

fn sign_text(k1: &PossessionKey, payload: &str) -> SignedMessage {
    let mut message = signed(typ::APPROVAL, &[(kid::K1, k1)]);
    message.payload = payload.to_owned();
    let header = format!(r#"{{"alg":"ES256","typ":"{}","kid":"k1"}}"#, typ::APPROVAL);
    replace_header(&message, k1, &header)
}

#[test]
fn unknown_and_duplicate_members_of_the_payload_are_refused() {
    let k1 = key();
    for payload in [
        r#"{"word":"yes","word":"no"}"#,
        r#"{"word":"yes","admin":true}"#,
        r#"{"word":"yes"} {}"#,
        "",
    ] {
        let message = sign_text(&k1, &base64url::encode(payload));
        let refused = open::<Word>(&message, typ::APPROVAL, &[(kid::K1, &k1.public_key())]);
        assert!(matches!(refused, Err(NotOpened::Malformed(_))), "{payload}: {refused:?}");
    }
    let padded = format!("{}=", base64url::encode(r#"{"word":"yes" }"#));
    let refused =
        open::<Word>(&sign_text(&k1, &padded), typ::APPROVAL, &[(kid::K1, &k1.public_key())]);
    assert_eq!(refused, Err(NotOpened::Malformed("the payload is not base64url")));
}

#[test]
fn more_than_8_kb_is_refused() {
    let k1 = key();
    let message = sign_text(&k1, &base64url::encode(format!(r#"{{"word":"{:9000}"}}"#, "")));
    let refused = open::<Word>(&message, typ::APPROVAL, &[(kid::K1, &k1.public_key())]);
    assert_eq!(refused, Err(NotOpened::Malformed("more than 8 KB")));
}

#[test]
fn signatures_of_other_forms_are_refused() {
    let k1 = key();
    let good = signed(typ::REVOKE, &[(kid::K1, &k1)]);
    let zeros = base64url::encode([0; 64]);
    let der = base64url::encode([0x30; 70]);
    for signature in [zeros, der, String::new(), "!".into()] {
        let mut message = good.clone();
        message.signatures[0].signature = signature;
        let refused = open::<Word>(&message, typ::REVOKE, &[(kid::K1, &k1.public_key())]);
        assert_eq!(refused, Err(NotOpened::BadSignature { kid: kid::K1.into() }));
    }
}

#[test]
fn a_proof_is_found_by_its_kid_and_verified_by_that_key_alone() {
    let (phone, other) = (key(), key());
    let proof =
        Proof { htm: "POST".into(), htp: "/a/device".into(), bh: "b".into(), nonce: "n".into() };
    let text = Draft::new(typ::PROOF, &proof)
        .unwrap()
        .sign("device-1", |input| phone.sign(input))
        .into_compact()
        .unwrap();

    assert_eq!(compact_kid(&text, typ::PROOF), Ok("device-1".into()));
    let (right, wrong) = (phone.public_key(), other.public_key());
    let keys = [("device-2", &wrong), ("device-1", &right)];
    assert_eq!(open_compact(&text, typ::PROOF, &keys), Ok(proof));
    let stolen_name = open_compact::<Proof>(&text, typ::PROOF, &[("device-1", &wrong)]);
    assert_eq!(stolen_name, Err(NotOpened::BadSignature { kid: "device-1".into() }));
    let unknown = open_compact::<Proof>(&text, typ::PROOF, &[("device-2", &right)]);
    assert_eq!(unknown, Err(NotOpened::WrongKeys));
    for bad in [format!("{text}.x"), text.replacen('.', "", 1), String::new()] {
        assert!(open_compact::<Proof>(&bad, typ::PROOF, &keys).is_err(), "{bad}");
    }
}

#[test]
fn a_draft_without_or_with_two_signatures_has_no_compact_form() {
    let draft = || Draft::new(typ::PROOF, &word("x")).unwrap();
    assert_eq!(draft().into_compact(), None);
    assert_eq!(draft().signed("a", &[1; 64]).signed("b", &[1; 64]).into_compact(), None);
}

/// RFC 7515 A.3: this very signature verifies, so ours interoperate.
#[test]
fn rfc_7515_a_3() {
    let key = PublicKey {
        kty: "EC".into(),
        crv: "P-256".into(),
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into(),
        y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".into(),
    };
    let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                   cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = MessageSignature {
        protected: "eyJhbGciOiJFUzI1NiJ9".into(),
        signature: "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA\
                    pmWQxfKTUJqPP3-Kg6NU1Q"
            .into(),
    };
    assert_eq!(verify(&signature, payload, "k", &key), Ok(()));
}

#[test]
fn a_decision_of_the_wire_goes_through() {
    let (k1, k2) = (key(), key());
    let decision: Decision = serde_json::from_str(
        r#"{"iss":"d","aud":"i","rid":"r","ch":"c","dec":"approve","num":"07","ctr":1,"chain":"x","iat":1}"#,
    )
    .unwrap();
    let message = Draft::new(typ::APPROVAL, &decision)
        .unwrap()
        .sign(kid::K1, |input| k1.sign(input))
        .sign(kid::K2, |input| k2.sign(input))
        .into_message();
    let keys = (k1.public_key(), k2.public_key());
    let opened = open(&message, typ::APPROVAL, &[(kid::K1, &keys.0), (kid::K2, &keys.1)]);
    assert_eq!(opened, Ok(decision));
}
