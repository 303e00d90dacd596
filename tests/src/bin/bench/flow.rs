//! What is measured, and what was aimed at.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    CodeEs256,
    CodeRs256,
    Sso,
    PushedAndBound,
    ClientCredentials,
    Refresh,
    Introspection,
    Userinfo,
    Ciba,
    Jwks,
}

impl Flow {
    pub(crate) const ALL: [Self; 10] = [
        Self::CodeEs256,
        Self::CodeRs256,
        Self::Sso,
        Self::PushedAndBound,
        Self::ClientCredentials,
        Self::Refresh,
        Self::Introspection,
        Self::Userinfo,
        Self::Ciba,
        Self::Jwks,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CodeEs256 => "code, a new session each, ES256",
            Self::CodeRs256 => "code, a new session each, RS256",
            Self::Sso => "code, one session a browser (SSO), ES256",
            Self::PushedAndBound => "code, a new session each, PAR and DPoP, ES256",
            Self::ClientCredentials => "client credentials, ES256",
            Self::Refresh => "refresh, ES256",
            Self::Introspection => "introspection",
            Self::Userinfo => "userinfo",
            Self::Ciba => "CIBA, request and poll",
            Self::Jwks => "key set",
        }
    }

    /// How many a second openpsc should do.
    pub(crate) fn goal(self) -> Option<u32> {
        match self {
            Self::CodeEs256 => Some(2_500),
            Self::CodeRs256 => None,
            Self::Sso => Some(8_000),
            Self::PushedAndBound => Some(2_000),
            Self::ClientCredentials => Some(25_000),
            Self::Refresh => Some(12_000),
            Self::Introspection | Self::Userinfo => Some(30_000),
            Self::Ciba => Some(6_000),
            Self::Jwks => Some(60_000),
        }
    }

    pub(crate) fn client(self) -> &'static str {
        match self {
            Self::CodeRs256 => "bench-rs256",
            Self::PushedAndBound => "bench-dpop",
            Self::ClientCredentials => "bench-machine",
            Self::Ciba => "bench-ciba",
            _ => "bench-es256",
        }
    }

    /// Whether each round is another browser's first login.
    pub(crate) fn starts_sessions(self) -> bool {
        matches!(self, Self::CodeEs256 | Self::CodeRs256 | Self::PushedAndBound)
    }

    /// Whether a round rests on tokens that were given before.
    pub(crate) fn needs_tokens(self) -> bool {
        matches!(self, Self::Refresh | Self::Introspection | Self::Userinfo)
    }
}
