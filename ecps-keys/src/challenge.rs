//! What a phone believes of a request: only what the provider signed for it.

use openpsc_protocol::ecps::{Challenge, PendingRequest, PublicKey, ServerKey, typ};

use crate::jws::{self, NotOpened};

/// Why a request is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotForUs {
    /// Not signed by a pinned key.
    #[error(transparent)]
    Signature(#[from] NotOpened),
    /// Signed, but by another issuer, for another phone or for another request.
    #[error("the challenge is of another issuer, phone or request")]
    Elsewhere,
}

/// Verifies a challenge with the keys pinned at enrolment.
pub fn open_challenge(
    request: &PendingRequest,
    issuer: &str,
    device_id: &str,
    pinned: &[ServerKey],
) -> Result<Challenge, NotForUs> {
    let keys: Vec<(&str, &PublicKey)> =
        pinned.iter().map(|pinned| (pinned.kid.as_str(), &pinned.key)).collect();
    let challenge: Challenge = jws::open_compact(&request.challenge, typ::CHALLENGE, &keys)?;
    if challenge.iss != issuer || challenge.aud != device_id || challenge.rid != request.rid {
        return Err(NotForUs::Elsewhere);
    }
    Ok(challenge)
}

#[cfg(test)]
mod tests {
    use openpsc_protocol::ecps::{ChallengeClient, Matching, Origin, Start};
    use rand_core::OsRng;

    use super::*;
    use crate::PossessionKey;

    fn request(server: &PossessionKey) -> PendingRequest {
        let challenge = Challenge {
            iss: "issuer".into(),
            aud: "phone".into(),
            rid: "rid".into(),
            jti: "j".into(),
            iat: 1,
            exp: 2,
            nonce: "n".into(),
            client: ChallengeClient { id: "agenda".into(), name: "Agenda".into() },
            acr: None,
            origin: Origin::default(),
            start: Start::Push,
            matching: Matching::Typed2,
            message: None,
            lang: "fr".into(),
        };
        let challenge = jws::Draft::new(typ::CHALLENGE, &challenge)
            .unwrap()
            .sign("s1", |input| server.sign(input))
            .into_compact()
            .unwrap();
        PendingRequest { rid: "rid".into(), challenge }
    }

    #[test]
    fn only_the_pinned_key_is_believed() {
        let (server, stranger) =
            (PossessionKey::random(&mut OsRng), PossessionKey::random(&mut OsRng));
        let pinned = [ServerKey { kid: "s1".into(), key: server.public_key() }];

        let challenge = open_challenge(&request(&server), "issuer", "phone", &pinned).unwrap();
        assert_eq!(challenge.client.name, "Agenda");
        let forged = open_challenge(&request(&stranger), "issuer", "phone", &pinned);
        assert!(matches!(forged, Err(NotForUs::Signature(_))));
        let unpinned = open_challenge(&request(&server), "issuer", "phone", &[]);
        assert!(matches!(unpinned, Err(NotForUs::Signature(_))));
    }

    #[test]
    fn a_challenge_for_someone_else_is_not_shown() {
        let server = PossessionKey::random(&mut OsRng);
        let pinned = [ServerKey { kid: "s1".into(), key: server.public_key() }];
        let request = request(&server);

        let swapped = PendingRequest { rid: "other".into(), ..request.clone() };
        for refused in [
            open_challenge(&request, "other", "phone", &pinned),
            open_challenge(&request, "issuer", "other", &pinned),
            open_challenge(&swapped, "issuer", "phone", &pinned),
        ] {
            assert_eq!(refused, Err(NotForUs::Elsewhere));
        }
    }
}
