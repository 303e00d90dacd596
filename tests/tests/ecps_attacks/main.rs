//! Every rule of the e-CPS, by the attack that would break it. The numbers are
//! those of the checklist.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

mod calls;
mod copies;
mod enrolment;
mod pin;
mod requests;
mod starts;

/// A doctor of the sandbox.
const DOCTOR: &str = "899700990015";

/// A pharmacist of the sandbox.
const PHARMACIST: &str = "899700990031";

/// Nobody.
const STRANGER: &str = "899799999999";
