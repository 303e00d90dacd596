//! The key that tokens are bound to: what the caller has just proved, held
//! against what was agreed before.

use super::grant::{Confirmation, Grant};
use crate::{
    back_channel::Authenticated,
    error::{Error, ErrorCode},
};

/// What new tokens are bound to.
pub(super) fn of_call(call: &Authenticated) -> Result<Option<Confirmation>, Error> {
    if call.client.certificate_bound {
        return of_certificate(call).map(Some);
    }
    let confirmation = call.jkt.clone().map(Confirmation::Jkt);
    if call.client.demands.dpop && confirmation.is_none() {
        // RFC 9449 §5.2.
        return Err(Error::Refused(
            ErrorCode::InvalidRequest,
            "This client must send a DPoP proof.",
        ));
    }
    Ok(confirmation)
}

/// RFC 8705 §3: this client's tokens are never given without its certificate.
fn of_certificate(call: &Authenticated) -> Result<Confirmation, Error> {
    let refused = |description| Error::Refused(ErrorCode::InvalidRequest, description);
    if call.jkt.is_some() {
        return Err(refused(
            "This client's tokens are bound to its certificate: send no DPoP proof.",
        ));
    }
    let certificate = call.caller.certificate.as_ref();
    let certificate =
        certificate.ok_or_else(|| refused("This client must present its TLS certificate."))?;
    Ok(Confirmation::Certificate(call.client.thumbprint_of(certificate)))
}

/// What the tokens of a refresh are bound to.
///
/// A public client's refresh token is bound to its first key; a confidential
/// client proves itself by its credentials, and may come with a new key, but
/// not without one (RFC 9449 §5).
pub(super) fn of_refresh(
    call: &Authenticated,
    grant: &Grant,
) -> Result<Option<Confirmation>, Error> {
    let proved = of_call(call)?;
    match (&grant.confirmation, &proved) {
        (Some(Confirmation::Jkt(_)), None) => Err(Error::Refused(
            ErrorCode::InvalidDpopProof,
            "The tokens of this grant are bound to a key: the DPoP proof is missing.",
        )),
        // RFC 8705 §4 says the same of certificates.
        (bound @ Some(_), _) if call.client.is_public() && *bound != proved => Err(Error::Refused(
            ErrorCode::InvalidGrant,
            "The refresh token is bound to another key.",
        )),
        (bound, None) => Ok(bound.clone()),
        (_, Some(_)) => Ok(proved),
    }
}
