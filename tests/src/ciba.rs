//! A service without a page: it asks, polls, and gets its tokens.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::{Client, Page, Refused, TestServer, Tokens};

/// The grant's name.
pub const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// The acknowledgement of a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "they are the protocol's own names")]
pub struct Asked {
    pub auth_req_id: String,
    pub expires_in: i64,
    pub interval: i64,
}

impl Client {
    /// Asks for a person's login, showing `07`.
    pub async fn ask(&self, national_id: &str) -> Asked {
        self.ask_with(national_id, &[("binding_message", "07")]).await.unwrap()
    }

    /// Asks with some more parameters.
    pub async fn ask_with(
        &self,
        national_id: &str,
        more: &[(&str, &str)],
    ) -> Result<Asked, Refused> {
        let mut form = vec![("scope", "openid scope_all"), ("login_hint", national_id)];
        form.extend(more);
        self.ask_form(&form).await
    }

    /// Asks with a form of its own making.
    pub async fn ask_form(&self, form: &[(&str, &str)]) -> Result<Asked, Refused> {
        acknowledged(&self.call(self.back_channel("ext/ciba/auth", form)).await)
    }

    /// Asks for the tokens.
    pub async fn poll(&self, auth_req_id: &str) -> Result<Tokens, Refused> {
        self.token(&[("grant_type", CIBA), ("auth_req_id", auth_req_id)]).await
    }

    /// Asks for the tokens, which are not there; the reason.
    pub async fn poll_error(&self, auth_req_id: &str) -> String {
        self.poll(auth_req_id).await.unwrap_err().error
    }
}

/// Reads an answer of the endpoint, and holds it to its rules.
fn acknowledged(page: &Page) -> Result<Asked, Refused> {
    assert_eq!(page.header("cache-control"), "no-store", "C15: {}", page.text);
    assert_eq!(page.header("content-type"), "application/json");
    let body: Value = serde_json::from_str(&page.text).unwrap();
    if page.status == StatusCode::OK {
        let asked: Asked = serde_json::from_value(body).unwrap();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        assert!(asked.auth_req_id.bytes().all(allowed), "C16: {}", asked.auth_req_id);
        return Ok(asked);
    }
    let description = body["error_description"].as_str().unwrap();
    let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(description.bytes().all(allowed), "{description}");
    Err(Refused { status: page.status, error: body["error"].as_str().unwrap().to_owned() })
}

impl TestServer {
    /// The sandbox's answer in a person's place.
    pub async fn unattended(&self, auth_req_id: &str, answer: &str) -> Page {
        let address = format!("{}/sandbox/v1/ciba/{auth_req_id}/{answer}", self.url());
        Page::of(crate::http().get(address).send().await.unwrap()).await
    }
}
