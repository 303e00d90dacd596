//! Text that a person will read on a phone, whoever wrote it.

/// Keeps what can be shown in one line: no control, no invisible character,
/// none that turns the direction of writing; at most `most` characters.
pub(super) fn shown(text: &str, most: usize) -> String {
    let kept: String = text.chars().filter(|&letter| !is_treacherous(letter)).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    words.join(" ").chars().take(most).collect::<String>().trim_end().to_owned()
}

/// Whether text can be shown as it is, letter by letter.
pub fn is_displayable(text: &str) -> bool {
    !text.is_empty() && shown(text, text.len()) == text
}

fn is_treacherous(letter: char) -> bool {
    let is_line_end = matches!(letter, '\u{2028}' | '\u{2029}');
    let is_space = letter.is_whitespace() && !is_line_end;
    (letter.is_control() && !is_space)
        || is_line_end
        || matches!(letter,
            // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            // Zero widths, marks, embeddings and isolates of direction.
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            // Variation selectors, byte order mark, interlinear marks, tags.
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_accents() {
        assert_eq!(shown("  Cabinet  de l’Orangerie ", 60), "Cabinet de l’Orangerie");
    }

    #[test]
    fn what_turns_or_hides_text_is_dropped() {
        assert_eq!(shown("Agenda\u{202e}agneda", 60), "Agendaagneda");
        assert_eq!(shown("A\u{200b}B\u{0}C\nD\u{2066}E", 60), "ABC DE");
        assert_eq!(shown("A\u{e0041}B", 60), "AB");
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(shown(&"é".repeat(100), 60).chars().count(), 60);
    }
}
