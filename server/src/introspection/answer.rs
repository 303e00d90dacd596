//! Who is told what about a token.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    clients::Client,
    token::{Inspected, Kind},
};

/// What RFC 7662 §2.2 and oidc-rules §10 let a strict client see; nothing about
/// the person is among it.
const MEMBERS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "client_id",
    "scope",
    "exp",
    "iat",
    "nbf",
    "jti",
    "cnf",
    "acr",
    "amr",
    "auth_time",
];

/// The answer to a caller. A token that is not valid for it is inactive, for
/// whatever reason (RFC 7662 §2.2).
pub(super) fn answer(caller: &Client, token: Option<Inspected>) -> Value {
    match token.filter(|token| may_see(caller, token)) {
        Some(token) if caller.rules.introspection_repeats_the_token => whole(token),
        Some(token) => strict(&token),
        None => json!({"active": false}),
    }
}

/// Refresh tokens are their client's own affair: nobody else has a use for one.
fn may_see(caller: &Client, token: &Inspected) -> bool {
    if token.client_id == caller.client_id {
        return true;
    }
    let named = match &token.claims["aud"] {
        Value::Array(names) => names.iter().any(|name| *name == caller.client_id),
        name => *name == caller.client_id,
    };
    token.kind == Kind::Access && (caller.introspects_others || named)
}

fn strict(token: &Inspected) -> Value {
    let mut answer = Map::from_iter([("active".into(), true.into())]);
    for member in MEMBERS {
        if let Some(value) = token.claims.get(*member) {
            answer.insert((*member).into(), value.clone());
        }
    }
    answer.insert("client_id".into(), token.client_id.as_str().into());
    if token.kind == Kind::Access {
        // RFC 9449 §6.2: how the token must be presented.
        let bound_to_key = !token.claims["cnf"]["jkt"].is_null();
        answer.insert("token_type".into(), if bound_to_key { "DPoP" } else { "Bearer" }.into());
    }
    answer.into()
}

/// Every claim of the token, then three members of the answer's own
/// (psc-protocol §9).
fn whole(token: Inspected) -> Value {
    let mut answer = Arc::unwrap_or_clone(token.claims);
    answer["client_id"] = token.client_id.into();
    if let Some(username) = token.username {
        answer["username"] = username.into();
    }
    answer["active"] = true.into();
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientSettings;

    fn client(id: &str, more: &str) -> Client {
        let settings: ClientSettings = toml::from_str(&format!(
            "client_id = '{id}'\nclient_name = 'x'\nredirect_uris = ['https://x.example/']\n{more}"
        ))
        .unwrap();
        Client::from(&settings)
    }

    fn token(kind: Kind, aud: Value) -> Option<Inspected> {
        Some(Inspected {
            kind,
            client_id: "agenda".into(),
            username: Some("899700990015".into()),
            claims: Arc::new(
                json!({"aud": aud, "scope": "openid", "SubjectNameID": "899700990015"}),
            ),
        })
    }

    fn sees(caller: &Client, kind: Kind, aud: Value) -> bool {
        answer(caller, token(kind, aud))["active"].as_bool().unwrap()
    }

    #[test]
    fn a_token_is_seen_by_its_client_its_audience_and_who_is_entitled() {
        let (own, other) = (client("agenda", ""), client("imagerie", ""));
        let entitled = client("cible", "introspects_others = true");
        for kind in [Kind::Access, Kind::Refresh] {
            assert!(sees(&own, kind, json!("https://op.example")));
            assert!(!sees(&other, kind, json!("https://op.example")));
            assert!(!sees(&other, kind, json!(null)));
        }
        assert!(sees(&other, Kind::Access, json!("imagerie")));
        assert!(sees(&other, Kind::Access, json!(["x", "imagerie"])));
        assert!(!sees(&other, Kind::Access, json!(["imagerie2", "imag"])));
        assert!(!sees(&other, Kind::Refresh, json!("imagerie")));
        assert!(sees(&entitled, Kind::Access, json!("https://op.example")));
        assert!(!sees(&entitled, Kind::Refresh, json!("https://op.example")));
        assert_eq!(answer(&entitled, None), json!({"active": false}));
    }

    #[test]
    fn only_the_psc_profile_is_told_about_the_person() {
        let strict = answer(&client("agenda", ""), token(Kind::Access, json!("x")));
        assert_eq!(strict["token_type"], "Bearer");
        assert!(strict.get("SubjectNameID").is_none() && strict.get("username").is_none());
        let whole = answer(&client("agenda", "profile = 'psc'"), token(Kind::Access, json!("x")));
        assert_eq!(whole["SubjectNameID"], "899700990015");
        assert_eq!(whole["username"], "899700990015");
        assert_eq!(whole["client_id"], "agenda");
    }
}
