//! The pages for integrators say what is true.

use std::{collections::BTreeSet, fs, path::Path};

fn read(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    fs::read_to_string(format!("{root}/{path}")).expect(path)
}

/// The server's own code, file by file, without its tests.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && path.file_name().is_some_and(|name| name != "tests.rs")
        {
            let text = fs::read_to_string(path).unwrap();
            found.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
}

fn is_word(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Words that stand before a sentence, `"word", "Some sentence."`, or after the
/// kind of an error page: how a refusal is written.
fn refusals(text: &str, words: &mut BTreeSet<String>) {
    let mut parts = text.split('"');
    let mut before = parts.next().unwrap_or_default();
    let mut last: Option<&str> = None;
    while let (Some(literal), Some(after)) = (parts.next(), parts.next()) {
        if let Some(word) = last.filter(|_| before.trim() == ",")
            && literal.split_whitespace().count() > 2
        {
            words.insert(word.to_owned());
        }
        if is_word(literal) && before.contains("ErrorKind::") {
            words.insert(literal.to_owned());
        }
        last = is_word(literal).then_some(literal);
        before = after;
    }
}

#[test]
fn every_error_of_the_server_is_explained() {
    let page = read("docs/errors.md");
    let codes = read("server/src/error.rs");
    let (_, body) = codes.split_once("pub fn as_str").expect("error.rs names its words");
    let mut words: BTreeSet<String> =
        body.split('"').filter(|text| is_word(text)).map(str::to_owned).collect();
    assert!(words.len() > 20, "the words of error.rs were not found: {words:?}");

    let mut files = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../server/src")), &mut files);
    for text in &files {
        refusals(text, &mut words);
    }
    for known in ["unmet_authentication_requirements", "other_browser", "login_required"] {
        assert!(words.contains(known), "the search no longer finds {known}");
    }
    for name in FIGURES {
        words.remove(*name);
    }
    let missing: Vec<_> =
        words.iter().filter(|word| !page.contains(&format!("`{word}`"))).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
}

/// Names that stand before a sentence and are no errors: metrics.
const FIGURES: &[&str] = &["http_request_seconds", "http_requests", "backchannel_logouts"];

/// What the guide shows of our own SDK is what its own tests compile and run.
#[test]
fn the_guide_shows_our_sdk_as_it_is_tested() {
    let guide = read("docs/integrators.md");
    for (language, home) in [("rust", "sdk-axum/README.md"), ("html", "sdk-wasm/README.md")] {
        let start = format!("```{language}\n");
        let (_, rest) = guide.split_once(&start).expect("the guide shows the SDK");
        let (shown, _) = rest.split_once("```").expect("a block ends");
        assert!(shown.lines().count() >= 6);
        assert!(read(home).contains(shown), "{home} shows another {language} than the guide");
    }
}

#[test]
fn every_file_of_the_guide_is_run_by_a_test() {
    let guide = read("docs/integrators.md");
    let scenes = read("tests/browser/guide.test.js");
    let titles: Vec<_> = guide.split("title=\"").skip(1).collect();
    assert!(titles.len() > 10, "the files were not found");
    for title in titles.iter().map(|rest| rest.split('"').next().unwrap()) {
        assert!(scenes.contains(&format!("'{title}'")), "no test runs {title}");
    }
}

/// No address of a page, and no file, is named that does not exist.
#[test]
fn the_guides_name_files_that_exist() {
    for page in ["integrators", "errors"] {
        let text = read(&format!("docs/{page}.md"));
        // Every other part stands inside of a block, where brackets are code.
        let prose: String = text.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("https://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
            assert!(Path::new(root).join(file).exists(), "{page}.md names {link}");
        }
    }
}
