//! The words of the pages, one file for each language.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};

use super::language::Language;

const FRENCH: &str = include_str!("../../texts/fr.ftl");
const ENGLISH: &str = include_str!("../../texts/en.ftl");

type Texts = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Texts; 2]> =
    LazyLock::new(|| [bundle("fr", FRENCH), bundle("en", ENGLISH)]);

/// The text of a key; the key itself when it is missing, which a test forbids.
pub(super) fn text(language: Language, key: &str, variables: &[(&str, &str)]) -> String {
    let texts = &BUNDLES[language as usize];
    let Some(pattern) = texts.get_message(key).and_then(|message| message.value()) else {
        tracing::error!(key, "a page asks for a text that does not exist");
        return key.to_owned();
    };
    let mut arguments = FluentArgs::new();
    for &(name, value) in variables {
        match value.parse::<i64>() {
            // A number chooses its plural; what only looks like one is kept as written.
            Ok(number) if number.to_string() == value => arguments.set(name, number),
            _ => arguments.set(name, value),
        }
    }
    texts.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
}

fn bundle(tag: &str, source: &str) -> Texts {
    let resource =
        FluentResource::try_new(source.to_owned()).expect("the texts are tested to be well formed");
    let tag = tag.parse().expect("a language tag of ours is well formed");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks are for mixed directions; in HTML they are only noise.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).expect("the texts are tested to have no key twice");
    bundle
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn keys(source: &str) -> BTreeSet<String> {
        let lines =
            source.lines().filter(|line| line.starts_with(|letter: char| letter.is_alphabetic()));
        lines
            .filter_map(|line| line.split_once('='))
            .map(|(key, _)| key.trim().to_owned())
            .collect()
    }

    /// Every word in quotes that looks like a key, in templates and views.
    fn quoted_words(folder: &Path, words: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                quoted_words(&path, words);
            } else if !path.ends_with("texts.rs") {
                let text = fs::read_to_string(&path).unwrap();
                words.extend(text.split('"').map(str::to_owned));
            }
        }
    }

    #[test]
    fn both_languages_say_the_same_things() {
        assert_eq!(keys(FRENCH), keys(ENGLISH));
    }

    #[test]
    fn every_text_asked_for_exists_and_every_text_is_asked_for() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut words = BTreeSet::new();
        quoted_words(&here.join("templates"), &mut words);
        quoted_words(&here.join("src"), &mut words);
        let keys = keys(FRENCH);
        let unused: Vec<_> = keys.difference(&words).collect();
        assert!(unused.is_empty(), "never asked for: {unused:?}");

        let mut asked = BTreeSet::new();
        for folder in ["templates", "src/pages"] {
            asked_keys(&here.join(folder), &mut asked);
        }
        // Means are data of the login room, their labels are texts of the pages.
        asked.extend(words.into_iter().filter(|word| word.starts_with("means-")));
        let missing: Vec<_> = asked.difference(&keys).collect();
        assert!(missing.is_empty(), "without text: {missing:?}");
        assert!(asked.len() > 50, "the search for keys finds them");
    }

    /// What stands in `.text("…"`, `.text_with("…"`, `.say("…"`, `.say_with("…"`,
    /// and what a view answers for one of its cases: `=> "…-…"`.
    fn asked_keys(folder: &Path, asked: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() || path.ends_with("texts.rs") {
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for call in [".text(\"", ".text_with(\"", ".say(\"", ".say_with(\""] {
                let after = source.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                asked.extend(after.map(str::to_owned));
            }
            let answers = source.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
            let is_key = |word: &&str| {
                word.contains('-')
                    && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
            };
            asked.extend(answers.filter(is_key).map(str::to_owned));
        }
    }

    #[test]
    fn a_variable_is_inserted_and_a_number_is_not_reformatted() {
        let title = text(Language::Fr, "login-title", &[("client", "Agenda")]);
        assert!(title.contains("Agenda"));
        let odd = text(Language::En, "login-title", &[("client", "007")]);
        assert!(odd.contains("007"));
    }
}
