//! A QR code as one SVG path, small enough to send every second.

use std::fmt::Write;

use anyhow::Context;
use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;

/// What the script draws: one path on a square of `size` units. The quiet zone
/// around it is the page's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Qr {
    /// Modules on a side, without the quiet zone.
    pub size: usize,
    /// The dark modules, as the `d` of an SVG path.
    pub path: String,
}

impl Qr {
    /// Draws a text. Fails when it is too long for any code.
    pub fn of(text: &str) -> anyhow::Result<Self> {
        // A screen is clean and bright: the lowest correction gives the largest modules.
        let code = QrCode::with_error_correction_level(text, EcLevel::L)
            .context("could not draw a QR code")?;
        let size = code.width();
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(size).enumerate() {
            let mut x = 0;
            while x < size {
                let dark = row[x..].iter().take_while(|&&color| color == Color::Dark).count();
                if dark > 0 {
                    let _ = write!(path, "M{x} {y}h{dark}v1h-{dark}z");
                }
                x += dark.max(1);
            }
        }
        Ok(Self { size, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_has_exactly_the_dark_modules() {
        let text = "http://localhost:8081/#q=abc.123.def";
        let qr = Qr::of(text).unwrap();
        let code = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
        let dark = code.to_colors().iter().filter(|&&color| color == Color::Dark).count();
        let drawn: usize = qr
            .path
            .split('M')
            .filter_map(|run| run.split_once('h')?.1.split_once('v'))
            .map(|(length, _)| length.parse::<usize>().unwrap())
            .sum();
        assert_eq!((qr.size, drawn), (code.width(), dark));
    }

    #[test]
    fn a_text_that_no_code_holds_is_an_error() {
        assert!(Qr::of(&"x".repeat(5000)).is_err());
    }
}
