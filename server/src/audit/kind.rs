//! The vocabulary: everything that an audit line can say, by whom, and whether
//! it went well. `docs/audit.md` explains each word.

use serde::Serialize;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person, by a browser or a phone.
    Person,
    /// A service, by its back end.
    Client,
    /// Whoever runs the server.
    Operator,
    /// The server, by itself.
    Server,
}

/// Whether it went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// Somebody was told no, or said no.
    Refused,
    /// It did not work.
    Failed,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $actor:ident, $outcome:ident;)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its word in the trail.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Who usually does it.
            pub fn actor(self) -> Actor {
                match self { $(Self::$name => Actor::$actor,)* }
            }

            /// What usually comes of it.
            pub fn outcome(self) -> Outcome {
                match self { $(Self::$name => Outcome::$outcome,)* }
            }
        }
    };
}

kinds! {
    /// A login made a session.
    Login = "login", Person, Success;
    /// A login lifted a session to a higher level.
    StepUp = "step_up", Person, Success;
    /// A login ended without a session.
    LoginFailed = "login_failed", Person, Refused;
    /// A session ended.
    Logout = "logout", Person, Success;
    /// A service was told of a logout.
    LogoutSent = "logout_sent", Server, Success;
    /// A service was not told of a logout, this time.
    LogoutFailed = "logout_failed", Server, Failed;
    /// A phone is asked for an approval.
    ApprovalAsked = "approval_asked", Person, Success;
    /// A phone shows what it is asked.
    ApprovalShown = "approval_shown", Person, Success;
    /// A phone said yes.
    ApprovalAccepted = "approval_accepted", Person, Success;
    /// A phone said no, or its yes was not taken.
    ApprovalRefused = "approval_refused", Person, Refused;
    /// Nobody answered in time.
    ApprovalTimedOut = "approval_timed_out", Server, Failed;
    /// Whoever asked gave up.
    ApprovalCancelled = "approval_cancelled", Person, Failed;
    /// The sandbox answered in a person's place.
    ApprovalSimulated = "approval_simulated", Operator, Success;
    /// A PIN was tried; the try is counted.
    PinTried = "pin_tried", Person, Success;
    /// The PIN that was tried was wrong.
    PinWrong = "pin_wrong", Person, Refused;
    /// A PIN was wrong too often.
    PinLocked = "pin_locked", Person, Refused;
    /// A PIN was changed.
    PinChanged = "pin_changed", Person, Success;
    /// The enrolment of a phone began.
    EnrolmentStarted = "enrolment_started", Person, Success;
    /// A phone took an enrolment.
    EnrolmentClaimed = "enrolment_claimed", Person, Success;
    /// A PIN was chosen.
    EnrolmentPinChosen = "enrolment_pin_chosen", Person, Success;
    /// A phone may approve from now on.
    EnrolmentConfirmed = "enrolment_confirmed", Person, Success;
    /// The person did not recognise the phone.
    EnrolmentRefused = "enrolment_refused", Person, Refused;
    /// A phone may approve no longer.
    DeviceEnded = "device_ended", Person, Success;
    /// Two copies of a phone exist.
    DeviceCloned = "device_cloned", Server, Refused;
    /// A code was given to a service.
    CodeIssued = "code_issued", Person, Success;
    /// A code became tokens.
    CodeRedeemed = "code_redeemed", Client, Success;
    /// A code came a second time: what it had become is revoked.
    CodeReused = "code_reused", Client, Refused;
    /// A refresh token became tokens.
    TokensRefreshed = "tokens_refreshed", Client, Success;
    /// A spent refresh token came again: its grant is revoked.
    RefreshReused = "refresh_reused", Client, Refused;
    /// A service got a token of its own.
    TokenIssued = "token_issued", Client, Success;
    /// An approved request of a service without a page became tokens.
    CibaRedeemed = "ciba_redeemed", Client, Success;
    /// The same came a second time: what it had become is revoked.
    CibaReused = "ciba_reused", Client, Refused;
    /// A service was told that its request is decided.
    PingSent = "ping_sent", Server, Success;
    /// A service was not told, this time.
    PingFailed = "ping_failed", Server, Failed;
    /// A refresh token was given back, with all that its grant gave.
    GrantRevoked = "grant_revoked", Client, Success;
    /// An access token was given back.
    TokenRevoked = "token_revoked", Client, Success;
    /// Somebody did not prove to be the service that they named.
    ClientNotProved = "client_not_proved", Client, Refused;
    /// Somebody called too often, and was told to wait.
    TooManyCalls = "too_many_calls", Person, Refused;
    /// A service was registered.
    ClientAdded = "client_added", Operator, Success;
    /// A registration was changed.
    ClientChanged = "client_changed", Operator, Success;
    /// A registration ended.
    ClientEnded = "client_ended", Operator, Success;
    /// A service got another secret.
    ClientSecretRotated = "client_secret_rotated", Operator, Success;
    /// A token was made that lets somebody register services.
    RegistrationTokenMade = "registration_token_made", Operator, Success;
    /// A key was made, and will sign.
    KeyMade = "key_made", Server, Success;
    /// A key was taken away.
    KeyRetired = "key_retired", Operator, Success;
    /// A key that nobody needs any more was destroyed.
    KeyDestroyed = "key_destroyed", Server, Success;
    /// The directory of persons was read.
    DirectoryRead = "directory_read", Operator, Success;
    /// A server began to serve.
    ServerStarted = "server_started", Operator, Success;
    /// A server stopped as it should.
    ServerStopped = "server_stopped", Operator, Success;
    /// A chain of this trail begins.
    ChainBegun = "chain_begun", Server, Success;
    /// The other chains of this trail, as they stood.
    ChainsSeen = "chains_seen", Server, Success;
    /// Old records were removed.
    TrailPruned = "trail_pruned", Server, Success;
    /// Events were lost before they could be written.
    EventsLost = "events_lost", Server, Failed;
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == word);
        known.ok_or_else(|| format!("there is no event {word:?}; docs/audit.md lists them"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_word_is_its_own_and_is_documented() {
        let words: HashSet<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(words.len(), Kind::ALL.len());
        let reference = include_str!("../../../docs/audit.md");
        for word in words {
            assert!(reference.contains(&format!("`{word}`")), "{word} is not in docs/audit.md");
        }
    }
}
