//! Whom access tokens are for (RFC 8707).

use crate::{
    clients::Client,
    error::{Error, ErrorCode},
};

/// A call may ask for a token for some of the resources of its grant; a grant
/// that names none is for all that its client may reach.
pub(super) fn narrowed<'a>(
    granted: &[String],
    client: &Client,
    issuer: &str,
    asked: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, Error> {
    let mut narrow: Vec<String> = Vec::new();
    for resource in asked.filter(|it| !it.is_empty()) {
        let within = match granted {
            [] => client.demands.may_reach(resource, issuer),
            granted => granted.iter().any(|it| it == resource),
        };
        if !within {
            return Err(Error::Refused(
                ErrorCode::Authorization("invalid_target"),
                "resource is not one that was granted.",
            ));
        }
        if !narrow.iter().any(|known| known == resource) {
            narrow.push(resource.to_owned());
        }
    }
    Ok(if narrow.is_empty() { granted.to_vec() } else { narrow })
}
