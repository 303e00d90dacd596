//! The discovery document (OpenID Connect Discovery §4, RFC 8414).
//!
//! It is published at the standard path and at PSC's own
//! (`wallet-openid-configuration`), and lists only what works.

use std::collections::BTreeMap;

use axum::{Router, extract::State, http::HeaderMap, response::Response, routing::get};
use serde::Serialize;

use crate::{app::App, cached::CachedDocument, ciba, config::REALM, error::Error, jose::Alg};

/// Routes of this room.
pub fn router() -> Router<App> {
    Router::new()
        .route(&format!("{REALM}/.well-known/openid-configuration"), get(document))
        .route(&format!("{REALM}/.well-known/wallet-openid-configuration"), get(document))
        .route(&format!("{REALM}/.well-known/oauth-authorization-server"), get(document))
        .route(&format!("/.well-known/oauth-authorization-server{REALM}"), get(document))
}

/// How a client proves who it is, with what this configuration takes.
fn methods(app: &App) -> Vec<&'static str> {
    let certificates = app.config.takes_certificates();
    let authority = certificates && !app.config.mtls.ca_files.is_empty();
    let mut methods = vec!["client_secret_basic", "client_secret_post", "private_key_jwt"];
    methods.extend(authority.then_some("tls_client_auth"));
    methods.extend(certificates.then_some("self_signed_tls_client_auth"));
    methods
}

/// The same, and the name alone: it proves nothing, and is not always enough.
fn methods_or_none(app: &App) -> Vec<&'static str> {
    [methods(app).as_slice(), &["none"]].concat()
}

/// The endpoints that a service may call with a certificate, on the listener
/// that is made for it (RFC 8705 §5).
const ALIASED: &[(&str, &str)] = &[
    ("token_endpoint", "token"),
    ("revocation_endpoint", "revoke"),
    ("introspection_endpoint", "token/introspect"),
    ("userinfo_endpoint", "userinfo"),
    ("pushed_authorization_request_endpoint", "ext/par/request"),
    ("backchannel_authentication_endpoint", "ext/ciba/auth"),
];

fn aliases(app: &App) -> Option<BTreeMap<&'static str, String>> {
    let url = app.config.mtls.public_url.as_ref()?;
    let alias = |(name, word): &(&'static str, &str)| {
        (*name, format!("{url}{REALM}/protocol/openid-connect/{word}"))
    };
    Some(ALIASED.iter().map(alias).collect())
}

/// How assertions are signed.
const ALGS: &[&str] = &["RS256", "PS256", "ES256", "EdDSA"];

#[derive(Serialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    pushed_authorization_request_endpoint: String,
    end_session_endpoint: String,
    check_session_iframe: String,
    backchannel_authentication_endpoint: String,
    scopes_supported: &'static [&'static str],
    response_types_supported: &'static [&'static str],
    response_modes_supported: &'static [&'static str],
    authorization_signing_alg_values_supported: [&'static str; 4],
    grant_types_supported: &'static [&'static str],
    subject_types_supported: &'static [&'static str],
    acr_values_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: &'static [&'static str],
    userinfo_signing_alg_values_supported: &'static [&'static str],
    introspection_signing_alg_values_supported: &'static [&'static str],
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    token_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    claims_supported: &'static [&'static str],
    claim_types_supported: &'static [&'static str],
    prompt_values_supported: &'static [&'static str],
    ui_locales_supported: &'static [&'static str],
    code_challenge_methods_supported: &'static [&'static str],
    dpop_signing_alg_values_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    request_object_signing_alg_values_supported: [&'static str; 4],
    require_pushed_authorization_requests: bool,
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtls_endpoint_aliases: Option<BTreeMap<&'static str, String>>,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    backchannel_token_delivery_modes_supported: &'static [&'static str],
    backchannel_authentication_request_signing_alg_values_supported: &'static [Alg],
    backchannel_user_code_parameter_supported: bool,
}

async fn document(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    if let Some(document) = app.discovery.get() {
        return Ok(document.answer(&headers));
    }
    let document = CachedDocument::json(&write(&app))?;
    Ok(app.discovery.get_or_init(|| document).answer(&headers))
}

fn write(app: &App) -> Document {
    let endpoint = |name: &str| format!("{}/protocol/openid-connect/{name}", app.issuer);
    Document {
        issuer: app.issuer.clone(),
        authorization_endpoint: format!("{}/auth", app.config.public_url),
        token_endpoint: endpoint("token"),
        userinfo_endpoint: endpoint("userinfo"),
        jwks_uri: endpoint("certs"),
        introspection_endpoint: endpoint("token/introspect"),
        revocation_endpoint: endpoint("revoke"),
        registration_endpoint: crate::registration::endpoint(&app.config),
        pushed_authorization_request_endpoint: endpoint("ext/par/request"),
        end_session_endpoint: endpoint("logout"),
        check_session_iframe: crate::check_session::endpoint(app),
        backchannel_authentication_endpoint: endpoint("ext/ciba/auth"),
        scopes_supported: crate::authorize::SCOPES,
        response_types_supported: &["code"],
        response_modes_supported: &["query", "form_post", "jwt", "query.jwt", "form_post.jwt"],
        authorization_signing_alg_values_supported: Alg::ALL.map(Alg::as_str),
        grant_types_supported: &[
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:openid:params:grant-type:ciba",
        ],
        subject_types_supported: &["public"],
        acr_values_supported: &["eidas1", "eidas2", "eidas3"],
        id_token_signing_alg_values_supported: &["RS256", "PS256", "ES256", "EdDSA"],
        userinfo_signing_alg_values_supported: &["RS256", "PS256", "ES256", "EdDSA"],
        introspection_signing_alg_values_supported: &["RS256", "PS256", "ES256", "EdDSA"],
        token_endpoint_auth_methods_supported: methods_or_none(app),
        token_endpoint_auth_signing_alg_values_supported: ALGS,
        introspection_endpoint_auth_methods_supported: methods(app),
        introspection_endpoint_auth_signing_alg_values_supported: ALGS,
        revocation_endpoint_auth_methods_supported: methods_or_none(app),
        revocation_endpoint_auth_signing_alg_values_supported: ALGS,
        claims_supported: &[
            "aud",
            "sub",
            "iss",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "sid",
            "authMode",
            "preferred_username",
            "given_name",
            "family_name",
            "SubjectNameID",
            "SubjectRefPro",
            "SubjectRole",
            "SubjectOrganization",
            "SubjectOrganizationID",
            "Secteur_Activite",
            "otherIds",
        ],
        claim_types_supported: &["normal"],
        prompt_values_supported: &["none", "login", "consent", "select_account"],
        ui_locales_supported: &["fr", "en"],
        code_challenge_methods_supported: &["S256"],
        dpop_signing_alg_values_supported: crate::dpop::ALGS.map(Alg::as_str).to_vec(),
        authorization_response_iss_parameter_supported: true,
        claims_parameter_supported: true,
        request_parameter_supported: true,
        request_uri_parameter_supported: app.config.authorize.request_uri_by_reference,
        require_request_uri_registration: app.config.authorize.request_uri_by_reference,
        request_object_signing_alg_values_supported: Alg::ALL.map(Alg::as_str),
        require_pushed_authorization_requests: app
            .config
            .authorize
            .require_pushed_authorization_requests,
        tls_client_certificate_bound_access_tokens: app.config.takes_certificates(),
        mtls_endpoint_aliases: aliases(app),
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        backchannel_token_delivery_modes_supported: &["poll", "ping"],
        backchannel_authentication_request_signing_alg_values_supported: ciba::ALGS,
        backchannel_user_code_parameter_supported: false,
    }
}
