//! The discovery document (OpenID Connect Discovery §4, RFC 8414).
//!
//! It is published at the standard path and at PSC's own
//! (`wallet-openid-configuration`), and lists only what works.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;

use crate::{app::App, ciba, config::REALM, jose::Alg};

/// Routes of this room.
pub fn router() -> Router<App> {
    Router::new()
        .route(&format!("{REALM}/.well-known/openid-configuration"), get(document))
        .route(&format!("{REALM}/.well-known/wallet-openid-configuration"), get(document))
        .route(&format!("{REALM}/.well-known/oauth-authorization-server"), get(document))
        .route(&format!("/.well-known/oauth-authorization-server{REALM}"), get(document))
}

/// How a client proves who it is.
const METHODS: &[&str] = &["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

/// The same without the name alone, which proves nothing.
const CONFIDENTIAL: &[&str] = METHODS.split_last().expect("there are several").1;

/// How assertions are signed.
const ALGS: &[&str] = &["RS256", "PS256", "ES256", "EdDSA"];

#[derive(Serialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    pushed_authorization_request_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    backchannel_authentication_endpoint: String,
    scopes_supported: &'static [&'static str],
    response_types_supported: &'static [&'static str],
    response_modes_supported: &'static [&'static str],
    grant_types_supported: &'static [&'static str],
    subject_types_supported: &'static [&'static str],
    acr_values_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: &'static [&'static str],
    userinfo_signing_alg_values_supported: &'static [&'static str],
    introspection_signing_alg_values_supported: &'static [&'static str],
    token_endpoint_auth_methods_supported: &'static [&'static str],
    token_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    introspection_endpoint_auth_methods_supported: &'static [&'static str],
    introspection_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    revocation_endpoint_auth_methods_supported: &'static [&'static str],
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
    require_pushed_authorization_requests: bool,
    tls_client_certificate_bound_access_tokens: bool,
    frontchannel_logout_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    backchannel_token_delivery_modes_supported: &'static [&'static str],
    backchannel_authentication_request_signing_alg_values_supported: &'static [Alg],
    backchannel_user_code_parameter_supported: bool,
}

async fn document(State(app): State<App>) -> Response {
    let endpoint = |name: &str| format!("{}/protocol/openid-connect/{name}", app.issuer);
    let document = Document {
        issuer: app.issuer.clone(),
        authorization_endpoint: format!("{}/auth", app.config.public_url),
        token_endpoint: endpoint("token"),
        userinfo_endpoint: endpoint("userinfo"),
        jwks_uri: endpoint("certs"),
        pushed_authorization_request_endpoint: endpoint("ext/par/request"),
        introspection_endpoint: endpoint("token/introspect"),
        revocation_endpoint: endpoint("revoke"),
        end_session_endpoint: endpoint("logout"),
        backchannel_authentication_endpoint: endpoint("ext/ciba/auth"),
        scopes_supported: crate::authorize::SCOPES,
        response_types_supported: &["code"],
        response_modes_supported: &["query", "form_post"],
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
        token_endpoint_auth_methods_supported: METHODS,
        token_endpoint_auth_signing_alg_values_supported: ALGS,
        introspection_endpoint_auth_methods_supported: CONFIDENTIAL,
        introspection_endpoint_auth_signing_alg_values_supported: ALGS,
        revocation_endpoint_auth_methods_supported: METHODS,
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
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        require_request_uri_registration: false,
        require_pushed_authorization_requests: app
            .config
            .authorize
            .require_pushed_authorization_requests,
        tls_client_certificate_bound_access_tokens: false,
        frontchannel_logout_supported: false,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        backchannel_token_delivery_modes_supported: &["poll", "ping"],
        backchannel_authentication_request_signing_alg_values_supported: ciba::ALGS,
        backchannel_user_code_parameter_supported: false,
    };
    let cached = [(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))];
    (cached, Json(document)).into_response()
}
