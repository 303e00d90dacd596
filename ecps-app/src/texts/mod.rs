//! What the app says, in French and in English.
//!
//! One field a sentence: a language that forgets one does not compile.

mod en;
mod fr;
mod words;

/// How the app speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Français.
    French,
    /// English.
    English,
}

impl Language {
    /// The first that we speak of a browser's languages; French when none.
    pub fn of_browser<'a>(preferred: impl IntoIterator<Item = &'a str>) -> Self {
        preferred
            .into_iter()
            .find_map(|tag| Self::parse(tag.split('-').next().unwrap_or(tag)))
            .unwrap_or(Self::French)
    }

    /// Reads `fr` or `en`.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "fr" => Some(Self::French),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// For `lang` in the page.
    pub fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// Its sentences.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::French => &fr::TEXTS,
            Self::English => &en::TEXTS,
        }
    }
}

/// Puts a value where a sentence says `{name}`.
pub fn fill(sentence: &str, name: &str, value: impl std::fmt::Display) -> String {
    sentence.replace(&format!("{{{name}}}"), &value.to_string())
}

macro_rules! texts {
    ($($name:ident),* $(,)?) => {
        /// Every sentence of the app, under the name of its place.
        #[expect(missing_docs, reason = "the sentence is the documentation")]
        pub struct Texts { $(pub $name: &'static str),* }
    };
}

texts! {
    app_name, loading, working, back, cancel, retry, home, history, device, other_language,
    offline,
    // No e-CPS yet.
    welcome_title, welcome_lead, welcome_step_portal, welcome_step_scan, welcome_step_pin,
    scan_portal, paste_label, paste_button, not_a_link, no_ecps_here,
    install_title, install_lead, install_step_share, install_step_add, install_step_open,
    install_why,
    scanner_title, scanner_lead, camera_forbidden, camera_missing, camera_retry,
    replace_title, replace_lead, replace_yes, replace_no,
    // The PIN.
    new_pin_title, new_pin_lead, again_pin_title, again_pin_lead, old_pin_title, old_pin_lead,
    pin_label, digits_typed, digit_erase, pin_setting,
    weak_length, weak_repeated, weak_run, weak_year, weak_personal, weak_common,
    pin_different, pin_same, pin_changed,
    // The check value.
    check_title, check_lead, check_wait, check_wait_here, check_other, leave_to_portal,
    enrolled_title, enrolled_lead, enrolled_go,
    // Requests.
    home_title, home_one, home_some, home_none, home_none_lead, home_unknown, home_unknown_lead, scan_login, new_request,
    request_of, request_look, request_title, time_left, time_left_minute,
    fact_from, fact_level, fact_message, fact_start, unknown_browser, on_system,
    level_low, level_substantial, level_high, start_qr, start_push, start_link,
    number_label, number_lead, number_typed, number_edit, request_pin_lead,
    approve, approving, deny_title, deny_mistake, deny_not_me, denying, pin_locked_until,
    // How it ended.
    approved_title, approved_here, approved_other, leave, done,
    mistake_title, mistake_lead, not_me_title, not_me_lead,
    number_wrong_title, number_wrong_lead, expired_title, expired_lead, over_title, over_lead,
    locked_title, locked_lead, see_others,
    // History.
    history_title, history_none, history_loading,
    state_pending, state_approved, state_denied, state_number_wrong, state_expired,
    state_cancelled, state_superseded,
    // My phone.
    device_title, device_of, device_id_number, device_name, device_since, device_until,
    device_tries, device_pin, device_pin_locked, change_pin, give_up, give_up_title, give_up_lead, give_up_yes,
    give_up_no, device_honest,
    // The end.
    ended_given_up_title, ended_given_up, ended_revoked_title, ended_revoked,
    ended_suspended_title, ended_suspended, ended_pin_locked_title, ended_pin_locked,
    ended_expired_title, ended_expired, ended_unknown_title, ended_unknown, enrol_again,
    // Refusals.
    pin_wrong, pin_wrong_one, pin_wrong_none, code_stale, enrolment_over, too_many, server_error,
    request_unknown, untrusted, browser_failed, network_failed, refused_otherwise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_speak_is_taken() {
        assert_eq!(Language::of_browser(["de-DE", "en-GB", "fr"]), Language::English);
        assert_eq!(Language::of_browser(["fr-CA", "en"]), Language::French);
        assert_eq!(Language::of_browser(["de"]), Language::French);
    }

    #[test]
    fn a_value_takes_its_place() {
        assert_eq!(fill("Encore {n} essais", "n", 2), "Encore 2 essais");
    }
}
