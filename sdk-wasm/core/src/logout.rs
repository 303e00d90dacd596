//! The provider's logout (RP-Initiated Logout §2).

use alloc::string::String;

use crate::url;

/// The address that ends the session at the provider (S30).
pub fn address(endpoint: &str, client_id: &str, id_token: &str, return_to: &str) -> String {
    let mut address = url::with_query(endpoint);
    url::push_parameter(&mut address, "id_token_hint", id_token);
    url::push_parameter(&mut address, "client_id", client_id);
    url::push_parameter(&mut address, "post_logout_redirect_uri", return_to);
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_names_the_login_and_the_client() {
        assert_eq!(
            address("https://psc.example/logout", "demo", "e.y.J", "https://app.example/"),
            "https://psc.example/logout?id_token_hint=e.y.J&client_id=demo\
             &post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F"
        );
    }
}
