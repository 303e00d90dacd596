//! A browser that knows text, links and forms, and nothing else: no script, no
//! style, no refresh by itself. Conformance suites see pages so, and some people.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

use openpsc_tests::{Browser, Client, Page, SESSION_COOKIE, TestServer, http, on_both_engines};

const DOCTOR: &str = "899700990015";

/// What such a browser makes of a page.
struct Text<'a> {
    browser: &'a Browser,
    page: Page,
}

/// What stands between two words, each time.
fn between<'t>(text: &'t str, before: &str, after: &'t str) -> impl Iterator<Item = &'t str> {
    let pieces: Vec<&str> = text.split(before).skip(1).collect();
    pieces.into_iter().map(move |piece| piece.split(after).next().unwrap())
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

impl<'a> Text<'a> {
    /// Reads a page, and holds it to what every page must be without a script.
    fn of(browser: &'a Browser, page: Page) -> Self {
        let text = &page.text;
        assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
        assert!(text.contains("<title>") && text.contains("<h1"), "{text}");
        assert!(text.contains("<html lang=\""), "{text}");
        for handler in [" onclick=", " onload=", " onsubmit=", "javascript:"] {
            assert!(!text.contains(handler), "{handler}: {text}");
        }
        for form in between(text, "<form", "</form>") {
            let shown = !form.split('>').next().unwrap().contains(" hidden");
            assert!(!shown || form.contains("<button"), "a form that nobody can send: {form}");
            assert!(form.starts_with(" ") && attribute(form, "action").is_some(), "{form}");
        }
        for image in between(text, "<img", ">") {
            assert!(attribute(image, "alt").is_some(), "{image}");
        }
        Self { browser, page }
    }

    async fn open(browser: &'a Browser, address: impl AsRef<str>) -> Self {
        Self::of(browser, browser.open(address).await)
    }

    /// Presses the button of a form; what is typed, is typed into fields that
    /// are there.
    async fn press(&self, action: &str, typed: &[(&str, &str)]) -> Page {
        let form = self.page.form(action);
        for (name, _) in typed {
            let field = form.fields.contains_key(*name);
            assert!(field || self.button(action, name), "{name} is not in the form to {action}");
        }
        self.browser.follow(self.browser.submit(&self.page, action, typed).await).await
    }

    fn button(&self, action: &str, name: &str) -> bool {
        let forms = between(&self.page.text, "<form", "</form>");
        let mut forms = forms.filter(|form| form.contains(&format!("{action}\"")));
        forms
            .any(|form| between(form, "<button", ">").any(|it| attribute(it, "name") == Some(name)))
    }

    /// Follows a link whose address ends like this.
    async fn follow(&self, end: &str) -> Page {
        let mut links =
            between(&self.page.text, "<a", ">").filter_map(|tag| attribute(tag, "href"));
        let link = links.find(|href| href.ends_with(end));
        let link = link.unwrap_or_else(|| panic!("no link to {end}: {}", self.page.text));
        let address = self.page.url.join(link).unwrap();
        self.browser.follow(self.browser.get(address).await).await
    }

    fn says(&self, id: &str) -> &str {
        let marked = format!(" id=\"{id}\"");
        let (_, rest) = self.page.text.split_once(&marked).unwrap_or_else(|| {
            panic!("the page has no {id}: {}", self.page.text);
        });
        rest.split_once('>').unwrap().1.split('<').next().unwrap()
    }

    /// An error page: each of its elements is where a machine finds it.
    fn is_error(&self, code: &str) {
        assert_eq!(self.says("error-code"), code, "{}", self.page.url);
        assert!(self.says("error-description").len() > 10);
        assert_eq!(self.says("reference").len(), 8);
        assert_eq!(self.page.location(), None);
        assert!(self.page.status.is_client_error());
    }
}

async fn simulated(server: &TestServer, path: &str) {
    let call = http().post(format!("{}/sandbox/v1/phones/{path}", server.url()));
    assert!(call.send().await.unwrap().status().is_success(), "{path}");
}

/// Whether the browser's session logs in to a service without a word.
async fn is_logged_in(client: &Client, browser: &Browser) -> bool {
    let silent = client.request().with("prompt", "none");
    browser.get(&silent.url).await.answer().members.contains_key("code")
}

on_both_engines! {
    async fn a_number_is_read_and_typed_on_the_phone(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        simulated(&server, DOCTOR).await;
        let request = client.request();
        let login = Text::open(&browser, &request.url).await;
        let waiting = login.press("/ecps/push", &[("national_id", DOCTOR)]).await;
        let waiting = Text::of(&browser, waiting);
        let number = between(&waiting.page.text, "<p class=\"number\">", "</p>").next().unwrap();
        assert!(number.contains(|letter: char| letter.is_ascii_digit()), "{number}");

        simulated(&server, &format!("{DOCTOR}/approve")).await;

        // It looks again when its person does, and finds a link.
        let approved = Text::open(&browser, &waiting.page.url).await;
        client.code(&request, &approved.follow("/complete").await);
        assert!(is_logged_in(&client, &browser).await);
    }

    async fn a_code_travels_in_a_form_with_a_button(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        let request = client.request().with("response_mode", "form_post");
        let login = Text::open(&browser, &request.url).await;
        assert!(login.button("/sandbox", "means"));
        let filled = [("national_id", DOCTOR), ("means", "ecps")];
        let page = Text::of(&browser, login.press("/sandbox", &filled).await);
        let form = page.page.form(client.redirect_uri);
        assert_eq!(form.action, client.redirect_uri);
        assert_eq!(form.fields["state"], request.state);
        assert_eq!(form.fields["iss"], server.issuer());
        client.redeem(&form.fields["code"], &request.verifier).await.unwrap();
        // An error comes the same way.
        let refused = client.request().with("response_mode", "form_post").with("max_age", "x");
        let page = Text::open(&browser, &refused.url).await;
        assert_eq!(page.page.form(client.redirect_uri).fields["error"], "invalid_request");
    }

    async fn a_person_gives_up(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        let request = client.request();
        let login = Text::open(&browser, &request.url).await;
        let page = login.press("/cancel", &[]).await;
        assert_eq!(page.answer().error(), "access_denied");
        // Going back shows a page that says so, in words.
        Text::open(&browser, &login.page.url).await;
    }

    async fn a_person_logs_out(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        client.log_in(&browser, DOCTOR).await;
        let ask = Text::open(&browser, client.endpoint("logout")).await;
        assert!(is_logged_in(&client, &browser).await, "nothing has happened yet");
        Text::of(&browser, ask.press("/logout/confirmed", &[]).await);
        assert!(!is_logged_in(&client, &browser).await);
        assert_eq!(browser.cookie(SESSION_COOKIE), None);

        client.log_in(&browser, DOCTOR).await;
        let back = [
            ("client_id", "agenda"),
            ("post_logout_redirect_uri", "https://agenda.example/bye"),
            ("state", "s"),
        ];
        let address = url::Url::parse_with_params(&client.endpoint("logout"), back).unwrap();
        let ask = Text::open(&browser, &address).await;
        let page = ask.press("/logout/confirmed", &[]).await;
        assert_eq!(page.location().unwrap().as_str(), "https://agenda.example/bye?state=s");
        assert!(!is_logged_in(&client, &browser).await);
    }

    async fn the_other_language_is_a_link(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        let login = Text::open(&browser, &client.request().url).await;
        assert!(login.page.text.contains("<html lang=\"fr\""));
        let switch = between(&login.page.text, "<a class=\"switch\"", ">").next().unwrap();
        let href = attribute(switch, "href").unwrap().replace("&#38;", "&").replace("&#x26;", "&");
        let english = Text::open(&browser, &href).await;
        assert!(english.page.text.contains("<html lang=\"en\""), "{}", english.page.text);
        assert_eq!(english.page.url.path(), login.page.url.path());
    }

    async fn every_error_page_says_what_is_wrong_where_machines_look(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        let login = Text::open(&browser, &client.request().url).await;
        let at = login.page.url.path().to_owned();
        let own = client.request();
        let errors = [
            (own.clone().without("client_id").url.to_string(), "invalid_request"),
            (own.clone().changed("client_id", "nobody").url.to_string(), "invalid_client"),
            (own.clone().changed("redirect_uri", "https://evil.example/").url.to_string(), "invalid_request"),
            (own.without("redirect_uri").url.to_string(), "invalid_request"),
            (format!("{}?id_token_hint=x", client.endpoint("logout")), "invalid_request"),
            (format!("{}?client_id=agenda&post_logout_redirect_uri=https%3A%2F%2Fevil.example", client.endpoint("logout")), "invalid_request"),
            (format!("{}/nothing", server.url()), "not_found"),
            (format!("{}/login/nothing", server.url()), "unknown_login"),
        ];
        for (address, code) in errors {
            Text::of(&browser, browser.get(&address).await).is_error(code);
        }
        // A form of nobody's, a login of another browser's.
        let foreign = browser.post(format!("{at}/cancel"), &[("csrf", "x")]).await;
        Text::of(&browser, foreign).is_error("invalid_request");
        let other = server.browser();
        let page = Text::of(&other, other.get(format!("{at}/complete")).await);
        assert_eq!(page.page.status, 403);
        assert!(!page.says("error-code").is_empty());
        // A login that took too long is over, in words, with a way back.
        server.clock.advance(3600);
        let late = Text::of(&browser, browser.get(&at).await);
        assert!(late.page.text.contains("<h1"));
    }
}
