//! The words that travel between the parts of openpsc: plain data, no I/O.
//!
//! What a server, a phone and a browser must agree on stands here once, under
//! the names that the specifications give it. Nothing here reads a clock, a
//! file or a key.

pub mod ecps;
pub mod level;
