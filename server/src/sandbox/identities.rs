//! Test identities: who they are, and how they log in without a phone.

use anyhow::Context;
use openpsc_protocol::level::Level;

use crate::{
    app::App,
    authorize::{AuthorizationRequest, wanted_level},
    clients::Client,
    config::Config,
    directory::{self, Directory},
    ecps,
    pages::{TestIdentity, TestMeans},
    sessions::{Authentication, Means},
};

/// A simulated means: what it pretends, and what it then earns.
struct Simulated {
    value: &'static str,
    label: &'static str,
    means: Means,
    level: Level,
    amr: &'static [&'static str],
}

/// What the real means would write into the tokens.
const SIMULATED: &[Simulated] = &[
    Simulated {
        value: "ecps",
        label: "e-CPS · eidas2",
        means: Means::Mobile,
        level: ecps::LEVEL,
        amr: &ecps::AMR,
    },
    Simulated {
        value: "card",
        label: "CPS · eidas3",
        means: Means::Card,
        level: Level::Eidas3,
        amr: &["sc", "pin", "mfa", "hwk"],
    },
];

/// The directory: the sandbox's people, then the files of the configuration.
pub fn directory(config: &Config) -> anyhow::Result<Directory> {
    let mut all = match config.sandbox {
        Some(_) => Directory::parse(directory::SANDBOX).context("the sandbox's own identities")?,
        None => Directory::default(),
    };
    for path in &config.directory.files {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("could not read {}", path.display()))?;
        let file = Directory::parse(&text).with_context(|| path.display().to_string())?;
        all = all.merge(file).with_context(|| path.display().to_string())?;
    }
    for warning in all.warnings() {
        tracing::warn!(%warning, "the directory has a doubtful line");
    }
    Ok(all)
}

/// The people to choose from on the login page; nobody outside the sandbox.
pub fn identities(app: &App) -> Vec<TestIdentity> {
    if app.config.sandbox.is_none() {
        return Vec::new();
    }
    let means =
        || SIMULATED.iter().map(|it| TestMeans { value: it.value.into(), label: it.label.into() });
    let people = app.directory.people().iter();
    people
        .map(|person| TestIdentity {
            national_id: person.national_id.to_string(),
            name: person.display_name(),
            occupation: person.occupation(),
            means: means().collect(),
        })
        .collect()
}

/// Logs a test identity in at once; nothing outside the sandbox.
pub fn one_click(app: &App, national_id: &str, value: &str) -> Option<Authentication> {
    app.config.sandbox.as_ref()?;
    let person = app.directory.find(national_id)?;
    let simulated = SIMULATED.iter().find(|it| it.value == value)?;
    Some(Authentication {
        national_id: person.national_id.to_string(),
        means: simulated.means,
        acr: simulated.level,
        amr: simulated.amr.iter().map(|word| (*word).to_owned()).collect(),
        auth_time: app.clock.now(),
        device_id: None,
    })
}

/// Logs the hinted identity in without a page, for clients marked so. The
/// means is the first that reaches the level asked for.
pub fn auto_login(
    app: &App,
    client: &Client,
    request: &AuthorizationRequest,
) -> Option<Authentication> {
    if !client.auto_login {
        return None;
    }
    let wanted = wanted_level(request, client);
    let simulated = SIMULATED.iter().find(|it| wanted.is_none_or(|wanted| it.level >= wanted))?;
    one_click(app, request.login_hint.as_deref()?, simulated.value)
}
