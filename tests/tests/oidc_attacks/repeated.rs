//! A parameter that comes twice, at every endpoint (oidc-rules §0.1). At the
//! authorization endpoint see `authorize`.

use openpsc_tests::{CIBA, Page, http, on_both_engines};

use super::DOCTOR;

/// Every form that a back channel takes, by endpoint.
const FORMS: &[(&str, &[(&str, &str)])] = &[
    (
        "token",
        &[
            ("grant_type", "authorization_code"),
            ("code", "x"),
            ("code_verifier", "x"),
            ("redirect_uri", "https://agenda.example/callback"),
        ],
    ),
    ("token", &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "openid")]),
    ("revoke", &[("token", "x")]),
    ("token/introspect", &[("token", "x")]),
];

const ASKING: &[(&str, &str)] = &[
    ("scope", "openid"),
    ("login_hint", DOCTOR),
    ("binding_message", "07"),
    ("acr_values", "eidas1"),
    ("requested_expiry", "60"),
    ("channel", "MOBILE"),
    ("user_code", "1"),
    ("client_notification_token", "x"),
    ("request", "x"),
];

on_both_engines! {
    async fn no_back_channel_takes_a_parameter_twice(server: TestServer) {
        let (agenda, chevet) = (server.client("agenda"), server.client("chevet"));
        let forms = FORMS.iter().map(|(endpoint, form)| (&agenda, *endpoint, form.to_vec()));
        let polling = vec![("grant_type", CIBA), ("auth_req_id", "x")];
        let request = agenda.request();
        let pushed: Vec<_> = request.url.query_pairs().into_owned().collect();
        let pushed: Vec<_> = pushed.iter().map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| *name != "client_id")
            .chain([("prompt", "login"), ("max_age", "5"), ("acr_values", "eidas1"),
                ("login_hint", "x"), ("claims", "{}"), ("request", "x"), ("response_mode", "query")])
            .collect();
        let all = forms.chain([
            (&chevet, "token", polling),
            (&chevet, "ext/ciba/auth", ASKING.to_vec()),
            (&agenda, "ext/par/request", pushed),
        ]);
        for (client, endpoint, form) in all {
            for (at, (name, value)) in form.iter().copied().enumerate() {
                // What is absent otherwise may stand beside a request object only.
                let base: Vec<_> = form.iter().copied()
                    .filter(|(other, _)| *other == name || (*other != "request"
                        && *other != "client_notification_token" && *other != "user_code"))
                    .collect();
                for second in [value, "autre"] {
                    let mut form = base.clone();
                    form.push((name, second));
                    let page = client.call(client.back_channel(endpoint, &form)).await;
                    assert_eq!(page.status, 400, "{endpoint} {at} {name}: {}", page.text);
                    assert!(page.text.contains(r#""invalid_request""#), "{endpoint} {name}: {}", page.text);
                }
            }
        }
    }

    async fn no_page_takes_a_parameter_twice(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        let tokens = client.log_in(&browser, DOCTOR).await;
        let parameters = [
            ("id_token_hint", tokens.id_token.as_str()),
            ("client_id", "agenda"),
            ("post_logout_redirect_uri", "https://agenda.example/bye"),
            ("state", "s"),
        ];
        for (name, value) in parameters {
            let query = [parameters.as_slice(), &[(name, value)]].concat();
            let address = url::Url::parse_with_params(&client.endpoint("logout"), &query).unwrap();
            assert_eq!(browser.get(address).await.error_code(), "invalid_request", "{name}");
            let page = Page::of(http().post(client.endpoint("logout")).form(&query).send().await.unwrap());
            assert_eq!(page.await.error_code(), "invalid_request", "{name}");
        }
        // Nobody was logged out by that; the confirmation is held to it too.
        let page = browser.get(client.endpoint("logout")).await;
        let csrf = page.form("/logout/confirmed").fields["csrf"].clone();
        for (name, value) in &parameters[1..] {
            let fields = [("csrf", csrf.as_str()), (name, value), (name, value)];
            let page = browser.post("/logout/confirmed", &fields).await;
            assert_eq!(page.error_code(), "invalid_request", "{name}");
        }
        let silent = client.request().with("prompt", "none");
        client.code(&silent, &browser.get(&silent.url).await);
    }
}
