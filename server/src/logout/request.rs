//! What a logout request asks, and whether it may.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    clients::{Client, Clients},
    token::IdTokenHint,
};

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked<'a> {
    pub hint: Option<IdTokenHint>,
    pub client_id: Option<&'a str>,
    pub post_logout_redirect_uri: Option<&'a str>,
}

/// Why a request is not followed. Each is an error page: no redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum LogoutError {
    #[error("id_token_hint was issued to another client than client_id.")]
    HintOfAnotherClient,
    #[error("No client of this client_id is registered with this provider.")]
    UnknownClient,
    #[error("post_logout_redirect_uri needs id_token_hint or client_id.")]
    WhoseAddress,
    #[error(
        "post_logout_redirect_uri is not registered for this client. It is compared letter by letter."
    )]
    AddressNotRegistered,
}

impl LogoutError {
    /// The word for programs and support, the same as at the other endpoints.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::UnknownClient => "invalid_client",
            _ => "invalid_request",
        }
    }
}

/// Which client asks, as far as it can be known.
pub(super) fn check(
    clients: &Clients,
    asked: &Asked<'_>,
) -> Result<Option<Arc<Client>>, LogoutError> {
    let from_hint = asked.hint.as_ref().map(|hint| hint.aud.as_str());
    if let (Some(hint), Some(client_id)) = (from_hint, asked.client_id)
        && hint != client_id
    {
        return Err(LogoutError::HintOfAnotherClient);
    }
    let client = match from_hint.or(asked.client_id) {
        Some(id) => Some(clients.find(id).ok_or(LogoutError::UnknownClient)?),
        None => None,
    };
    if let Some(uri) = asked.post_logout_redirect_uri {
        let client = client.as_ref().ok_or(LogoutError::WhoseAddress)?;
        if !client.post_logout_redirect_uris.iter().any(|registered| registered == uri) {
            return Err(LogoutError::AddressNotRegistered);
        }
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients() -> Clients {
        let text = "client_id = 'a'\nclient_name = 'a'\ntoken_endpoint_auth_method = 'none'\n\
                    redirect_uris = ['https://a.example/']\n\
                    post_logout_redirect_uris = ['https://a.example/bye']";
        Clients::new(&[toml::from_str(text).unwrap()])
    }

    fn verdict(client_id: Option<&str>, uri: Option<&str>) -> Result<bool, LogoutError> {
        let asked = Asked { hint: None, client_id, post_logout_redirect_uri: uri };
        check(&clients(), &asked).map(|client| client.is_some())
    }

    #[test]
    fn a_browser_is_sent_only_where_the_client_registered() {
        assert_eq!(verdict(Some("a"), Some("https://a.example/bye")), Ok(true));
        assert_eq!(verdict(None, None), Ok(false));
        let refused = Err(LogoutError::AddressNotRegistered);
        for uri in ["https://a.example/bye?x", "https://a.example/bye/", "https://evil.example/"] {
            assert_eq!(verdict(Some("a"), Some(uri)), refused, "{uri}");
        }
        assert_eq!(verdict(None, Some("https://a.example/bye")), Err(LogoutError::WhoseAddress));
        assert_eq!(verdict(Some("b"), None), Err(LogoutError::UnknownClient));
    }
}
