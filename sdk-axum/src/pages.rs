//! The two pages of our own: the end of a popup, and a login that failed.
//!
//! The popup's page tells its opener on `BroadcastChannel('psc')`:
//! `{ type: 'psc-callback', error?: '<code>' }`, then closes. `window.opener`
//! is not used: a provider's `Cross-Origin-Opener-Policy` cuts it.

use axum::{
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::ErrorCode;

/// Posts the outcome and closes. The text is for browsers that keep a window
/// open after it has been on another site.
pub(crate) fn popup_end(headers: &HeaderMap, error: Option<ErrorCode>) -> Response {
    let english = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|languages| languages.to_str().ok())
        .is_some_and(|languages| languages.starts_with("en"));
    let (lang, sentence, button) = match (english, error.is_some()) {
        (false, false) => ("fr", "Vous êtes connecté. Vous pouvez fermer cette fenêtre.", "Fermer"),
        (false, true) => {
            ("fr", "La connexion n’a pas abouti. Vous pouvez fermer cette fenêtre.", "Fermer")
        }
        (true, false) => ("en", "You are logged in. You may close this window.", "Close"),
        (true, true) => ("en", "The login did not succeed. You may close this window.", "Close"),
    };
    let message = match error {
        None => "{type:'psc-callback'}".to_owned(),
        Some(code) => format!("{{type:'psc-callback',error:'{}'}}", code.as_str()),
    };
    page(
        lang,
        "Pro Santé Connect",
        &format!(
            "<p role=\"status\">{sentence}</p><p><button type=\"button\">{button}</button></p>"
        ),
        &format!(
            "const channel=new BroadcastChannel('psc');channel.postMessage({message});channel.close();\
         document.querySelector('button').onclick=()=>window.close();window.close();"
        ),
    )
}

/// Says that a login failed, and offers another.
pub(crate) fn login_failed(address: &str, why: Option<ErrorCode>) -> Response {
    let address = escape(address);
    let (french, english) = match why {
        Some(ErrorCode::AccessDenied) => ("Connexion annulée.", "Login cancelled."),
        Some(ErrorCode::OtherPerson) => (
            "Une autre personne s’est identifiée. Par sécurité, la session ouverte ici est fermée.",
            "Someone else logged in. For safety, the session that was open here has ended.",
        ),
        _ => ("La connexion n’a pas abouti.", "The login did not succeed."),
    };
    page(
        "fr",
        "Connexion requise",
        &format!(
            "<h1>Connexion requise</h1><p>{french}</p>\
         <p><a href=\"{address}\">Réessayer avec Pro Santé Connect</a></p>\
         <p lang=\"en\">{english} <a href=\"{address}\">Try again</a></p>"
        ),
        "",
    )
}

fn page(lang: &str, title: &str, body: &str, script: &str) -> Response {
    let mut nonce = [0; 18];
    // Without chance there is no nonce, and the page does without its script.
    let nonce = getrandom::fill(&mut nonce).map_or(String::new(), |()| STANDARD.encode(nonce));
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let html = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style nonce=\"{nonce}\">:root{{color-scheme:light dark}}\
         body{{font:1.125rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:30rem;\
         padding:0 1rem;text-align:center}}\
         button{{font:inherit;min-height:44px;padding:0 1.5rem}}</style>\
         <body>{body}<script nonce=\"{nonce}\">{script}</script>"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".into()),
        (header::REFERRER_POLICY, "no-referrer".into()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
    ];
    (headers, Html(html)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
