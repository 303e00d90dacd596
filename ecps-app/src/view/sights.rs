//! Sights.
