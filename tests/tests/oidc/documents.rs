//! Pages that name scenes name such as there are.

use std::fs::read_to_string;

#[test]
fn every_scene_that_a_page_names_exists() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for page in ["psc-compatibility.md", "conformance.md"] {
        let text = read_to_string(format!("{root}/docs/{page}")).unwrap();
        let mut named = 0;
        for scene in text.split('`').filter(|it| it.starts_with("oidc") && it.contains("::")) {
            let [suite, file, name] = scene.split("::").collect::<Vec<_>>()[..] else {
                panic!("{page}: {scene} is not suite::file::scene")
            };
            let path = format!("{root}/tests/tests/{suite}/{file}.rs");
            let scenes = read_to_string(&path).expect(&path);
            assert!(scenes.contains(&format!("fn {name}(")), "{page}: there is no scene {scene}");
            named += 1;
        }
        assert!(named > 20, "{page}: the scenes were not found");
    }
}
