//! What to do about a good request: answer from the session, ask, or refuse.

use openpsc_protocol::level::Level;

use super::AuthorizationRequest;
use crate::{clients::Client, clock::UnixTime, sessions::Session, token::subject_of};

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The session is good enough.
    Answer,
    /// The person must log in.
    Ask,
    /// A page would be needed, and none may be shown.
    Refuse(&'static str, &'static str),
}

/// Decides.
pub(super) fn decide(
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&Session>,
    now: UnixTime,
) -> Decision {
    let good_enough = session.is_some_and(|session| is_good_enough(request, client, session, now));
    match (good_enough, request.prompt.none) {
        (true, _) => Decision::Answer,
        (false, true) => Decision::Refuse("login_required", "The person must log in."),
        (false, false) => Decision::Ask,
    }
}

/// Whether a session answers a request without asking the person again.
pub fn is_good_enough(
    request: &AuthorizationRequest,
    client: &Client,
    session: &Session,
    now: UnixTime,
) -> bool {
    let authentication = &session.authentication;
    let fresh = request.max_age.is_none_or(|max_age| {
        // max_age=0 asks for a login in any case (Core §3.1.2.1).
        max_age > 0 && now - authentication.auth_time <= max_age
    });
    let expected = request
        .hinted_subject
        .as_ref()
        .is_none_or(|subject| *subject == subject_of(&authentication.national_id));
    let high_enough =
        wanted_level(request, client).is_none_or(|wanted| authentication.acr >= wanted);
    fresh && expected && high_enough && !request.prompt.login
}

/// The least level that is worth trying for: the lowest of those asked for,
/// and never under what is needed.
pub fn wanted_level(request: &AuthorizationRequest, client: &Client) -> Option<Level> {
    request.acr_values.iter().copied().min().max(needed_level(request, client))
}

/// The level under which there is no answer: the client's own minimum, and the
/// lowest of the essential ones.
pub(super) fn needed_level(request: &AuthorizationRequest, client: &Client) -> Option<Level> {
    request.essential_acr.iter().copied().min().max(client.minimum_level)
}

/// Why a login does not do for a request, and is told to the service instead of
/// a code: it is another person's, or its level is too low (Core §5.5.1.1).
pub fn shortcoming(
    request: &AuthorizationRequest,
    client: &Client,
    national_id: &str,
    earned: Level,
) -> Option<(&'static str, &'static str)> {
    let subject = subject_of(national_id);
    if request.hinted_subject.as_ref().is_some_and(|expected| *expected != subject) {
        return Some(("login_required", "Another person logged in than the one expected."));
    }
    let too_low = needed_level(request, client).is_some_and(|needed| earned < needed);
    too_low.then_some((
        "unmet_authentication_requirements",
        "The means of this login does not reach the level that is needed.",
    ))
}

/// The level that is told to the client: of the essential ones the highest that
/// was earned. PSC repeats what was asked for,
/// `eidas1` by default; the strict answer is what was earned.
pub fn granted_level(request: &AuthorizationRequest, client: &Client, earned: Level) -> Level {
    let essential = request.essential_acr.iter().copied();
    if let Some(level) = essential.filter(|level| *level <= earned).max() {
        return level;
    }
    told_level(&request.acr_values, client, earned)
}

/// The same for a login without a page.
pub fn told_level(acr_values: &[Level], client: &Client, earned: Level) -> Level {
    if !client.rules.acr_echoes_the_request {
        return earned;
    }
    let asked = acr_values.first().copied().unwrap_or(Level::Eidas1);
    asked.min(earned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clients::ClientSettings,
        sessions::{Authentication, Means},
    };

    fn client(profile: &str) -> Client {
        let text = format!(
            "client_id = 'a'\nclient_name = 'a'\nredirect_uris = ['https://a.example/']\n\
             token_endpoint_auth_method = 'none'\nprofile = '{profile}'"
        );
        Client::from(&toml::from_str::<ClientSettings>(&text).unwrap())
    }

    fn request() -> AuthorizationRequest {
        AuthorizationRequest {
            client_id: "a".into(),
            redirect_uri: "https://a.example/".into(),
            scope: "openid".into(),
            ..AuthorizationRequest::default()
        }
    }

    fn session() -> Session {
        Session {
            sid: "s".into(),
            authentication: Authentication {
                national_id: "899700990015".into(),
                means: Means::Mobile,
                acr: Level::Eidas2,
                amr: vec![],
                auth_time: 1000,
                device_id: None,
            },
            origin: None,
            started_at: 1000,
            last_seen_at: 1000,
            expires_at: 9000,
        }
    }

    fn decides(change: impl FnOnce(&mut AuthorizationRequest)) -> Decision {
        let mut request = request();
        change(&mut request);
        decide(&request, &client("openid"), Some(&session()), 1100)
    }

    #[test]
    fn a_session_answers_unless_the_service_wants_more() {
        assert_eq!(decides(|_| ()), Decision::Answer);
        assert_eq!(decides(|it| it.max_age = Some(100)), Decision::Answer);
        assert_eq!(decides(|it| it.max_age = Some(99)), Decision::Ask);
        assert_eq!(decides(|it| it.max_age = Some(0)), Decision::Ask);
        assert_eq!(decides(|it| it.prompt.login = true), Decision::Ask);
        assert_eq!(decides(|it| it.acr_values = vec![Level::Eidas2]), Decision::Answer);
        assert_eq!(decides(|it| it.acr_values = vec![Level::Eidas3]), Decision::Ask);
        assert_eq!(decides(|it| it.hinted_subject = Some("other".into())), Decision::Ask);
    }

    #[test]
    fn an_essential_level_is_met_or_refused() {
        let mut asked = request();
        asked.essential_acr = vec![Level::Eidas3];
        let openid = client("openid");
        assert_eq!(decide(&asked, &openid, Some(&session()), 1100), Decision::Ask);
        let short = |request: &AuthorizationRequest, earned| {
            shortcoming(request, &client("psc"), "899700990015", earned).map(|(error, _)| error)
        };
        assert_eq!(short(&asked, Level::Eidas2), Some("unmet_authentication_requirements"));
        assert_eq!(short(&asked, Level::Eidas3), None);
        asked.essential_acr = vec![Level::Eidas1, Level::Eidas2];
        assert_eq!(granted_level(&asked, &client("openid"), Level::Eidas3), Level::Eidas2);
        assert_eq!(granted_level(&asked, &client("psc"), Level::Eidas3), Level::Eidas2);
        asked.hinted_subject = Some("other".into());
        assert_eq!(short(&asked, Level::Eidas3), Some("login_required"));
    }

    #[test]
    fn prompt_none_never_asks() {
        let required = |decision| matches!(decision, Decision::Refuse("login_required", _));
        let mut silent = request();
        silent.prompt.none = true;
        assert!(required(decide(&silent, &client("openid"), None, 0)));
        silent.max_age = Some(1);
        assert!(required(decide(&silent, &client("openid"), Some(&session()), 1100)));
    }

    #[test]
    fn psc_echoes_the_level_and_openid_says_the_earned_one() {
        let mut asked = request();
        assert_eq!(granted_level(&asked, &client("psc"), Level::Eidas2), Level::Eidas1);
        assert_eq!(granted_level(&asked, &client("openid"), Level::Eidas2), Level::Eidas2);
        asked.acr_values = vec![Level::Eidas3];
        assert_eq!(granted_level(&asked, &client("psc"), Level::Eidas2), Level::Eidas2);
    }
}
