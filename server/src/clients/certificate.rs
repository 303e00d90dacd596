//! `tls_client_auth` and `self_signed_tls_client_auth`: a client shows a
//! certificate (RFC 8705 §2).

use std::sync::Arc;

use anyhow::{Context, bail};

use super::{AuthMethod, AuthenticationError, Client, ClientSettings};
use crate::{
    app::App,
    error::Error as HttpError,
    tls::{ClientCertificate, Subject},
};

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// None was presented.
    Missing,
    /// Its time has passed, or has not come.
    Expired,
    /// No authority vouches for it.
    Untrusted,
    /// It is somebody else's.
    Foreign,
}

impl CertificateError {
    /// The sentence for the client.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "This client must present its TLS certificate, and none came.",
            Self::Expired => "The TLS certificate has expired, or is not yet valid.",
            Self::Untrusted => {
                "The TLS certificate was not issued for clients by an authority known here, or is revoked."
            }
            Self::Foreign => "The TLS certificate is not the registered one.",
        }
    }
}

/// Whether a client is registered to prove itself this way.
pub(super) fn is_due(client: &Client) -> bool {
    matches!(client.auth_method, AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth)
}

/// Believes a client by its certificate, or says why not.
pub(super) async fn authenticate(
    app: &App,
    client: &Arc<Client>,
    presented: Option<&ClientCertificate>,
) -> Result<Arc<Client>, HttpError> {
    let refused = |error| Err(AuthenticationError::Certificate(error).into());
    let Some(certificate) = presented else { return refused(CertificateError::Missing) };
    let now = app.clock.now();
    if !certificate.is_valid_at(now) {
        return refused(CertificateError::Expired);
    }
    let is_its_own = match &client.subject {
        Some(subject) => {
            if let Err(cause) = app.authorities.vouch_for(certificate, now)? {
                let client = &client.client_id;
                tracing::info!(client, %cause, "a client certificate is not trusted");
                return refused(CertificateError::Untrusted);
            }
            subject.is_of(certificate)
        }
        // RFC 8705 §2.2: the registered key stands in for an authority.
        None => holds_key_of(app, client, certificate).await,
    };
    if is_its_own { Ok(Arc::clone(client)) } else { refused(CertificateError::Foreign) }
}

async fn holds_key_of(app: &App, client: &Client, certificate: &ClientCertificate) -> bool {
    let Some(thumbprint) = certificate.key().map(|key| key.thumbprint()) else { return false };
    // A published set may hold a new key by now: a name that we do not know has
    // it fetched again, once a minute at the most.
    for kid in [None, Some(thumbprint.as_str())] {
        let keys = client.keys(app, kid).await;
        if keys.iter().any(|key| key.thumbprint() == thumbprint) {
            return true;
        }
    }
    false
}

impl Client {
    /// How this client's tokens name a certificate (RFC 8705 §3.1).
    pub fn thumbprint_of(&self, certificate: &ClientCertificate) -> String {
        if self.rules.thumbprint_is_hexadecimal {
            certificate.hexadecimal_thumbprint()
        } else {
            certificate.thumbprint()
        }
    }

    /// Whether a token's thumbprint is that of a certificate. PSC's own spelling
    /// does not unseat the standard one.
    pub fn is_thumbprint_of(&self, text: &str, certificate: &ClientCertificate) -> bool {
        text == certificate.thumbprint()
            || (self.rules.thumbprint_is_hexadecimal
                && text == certificate.hexadecimal_thumbprint())
    }
}

/// The one registered name (RFC 8705 §2.1.2).
pub(super) fn subject(settings: &ClientSettings) -> anyhow::Result<Option<Subject>> {
    let distinguished =
        |text: &String| text.parse().map(Subject::Name).context("tls_client_auth_subject_dn");
    let address = |text: &String| {
        text.parse().map(Subject::Ip).context("tls_client_auth_san_ip is not an IP address")
    };
    let named = [
        settings.tls_client_auth_subject_dn.as_ref().map(distinguished),
        settings.tls_client_auth_san_dns.clone().map(|name| Ok(Subject::Dns(name))),
        settings.tls_client_auth_san_uri.clone().map(|name| Ok(Subject::Uri(name))),
        settings.tls_client_auth_san_ip.as_ref().map(address),
        settings.tls_client_auth_san_email.clone().map(|name| Ok(Subject::Email(name))),
    ];
    let mut named = named.into_iter().flatten().collect::<anyhow::Result<Vec<_>>>()?;
    let due = settings.token_endpoint_auth_method == AuthMethod::TlsClientAuth;
    match (due, named.len()) {
        (true, 1) => Ok(named.pop()),
        (false, 0) => Ok(None),
        (true, _) => bail!(
            "tls_client_auth needs exactly one of tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email"
        ),
        (false, _) => bail!("a tls_client_auth name is for tls_client_auth only"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clients::Profile, tls::certificates_in};

    fn client(profile: Profile) -> Client {
        let settings: ClientSettings = toml::from_str(
            "client_id = 'a'\nclient_name = 'A'\nredirect_uris = ['https://a.example/']",
        )
        .unwrap();
        Client { rules: profile.rules(), ..Client::from(&settings) }
    }

    #[test]
    fn the_hexadecimal_thumbprint_is_psc_s_alone() {
        let pem = include_str!("../tls/test_certificate.pem");
        let der = certificates_in(pem.as_bytes()).unwrap();
        let presented = ClientCertificate::read(vec![der[0].to_vec()]).unwrap();
        let (standard, hexadecimal) = (presented.thumbprint(), presented.hexadecimal_thumbprint());
        let (psc, strict) = (client(Profile::Psc), client(Profile::Openid));
        assert_eq!(psc.thumbprint_of(&presented), hexadecimal);
        assert_eq!(strict.thumbprint_of(&presented), standard);
        assert!(psc.is_thumbprint_of(&hexadecimal, &presented));
        assert!(psc.is_thumbprint_of(&standard, &presented));
        assert!(strict.is_thumbprint_of(&standard, &presented));
        assert!(!strict.is_thumbprint_of(&hexadecimal, &presented));
        assert!(!psc.is_thumbprint_of("", &presented));
    }

    #[test]
    fn exactly_one_name_is_registered() {
        let with = |text: &str| {
            let settings: ClientSettings = toml::from_str(&format!(
                "client_id = 'a'\nclient_name = 'A'\nredirect_uris = ['https://a.example/']\n\
                 token_endpoint_auth_method = 'tls_client_auth'\n{text}"
            ))
            .unwrap();
            settings.check(false).map_err(|error| format!("{error:#}"))
        };
        assert_eq!(with("tls_client_auth_subject_dn = 'CN=a,C=FR'"), Ok(()));
        assert_eq!(with("tls_client_auth_san_ip = '::1'"), Ok(()));
        for (bad, reason) in [
            ("", "exactly one"),
            ("tls_client_auth_san_dns = 'a'\ntls_client_auth_san_uri = 'b'", "exactly one"),
            ("tls_client_auth_subject_dn = 'agenda'", "tls_client_auth_subject_dn"),
            ("tls_client_auth_san_ip = 'agenda'", "tls_client_auth_san_ip"),
            (
                "tls_client_auth_san_dns = 'a'\nclient_secret = '01234567890123456789012345678901'",
                "client_secret",
            ),
        ] {
            assert!(with(bad).unwrap_err().contains(reason), "{bad}");
        }
    }
}
