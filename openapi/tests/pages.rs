//! Do the pages hold together: their links, what they load, their examples?

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use parlor_openapi::{contract::Contract, pages, snippets};

/// The pages by their paths on a server.
fn pages() -> Vec<(&'static str, String)> {
    let contract = Contract::declared();
    vec![
        ("/docs", pages::start()),
        ("/docs/rest", pages::rest(&contract)),
        ("/docs/events", pages::events(&contract)),
        ("/docs/migration", pages::migration(&contract)),
    ]
}

/// What stands in such an attribute, each time.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!(" {name}=\"");
    page.match_indices(&mark).filter_map(|(at, _)| page[at + mark.len()..].split('"').next()).collect()
}

#[test]
fn every_link_leads_to_something() {
    let pages = pages();
    let page = |path: &str| pages.iter().find(|(known, _)| *known == path).map(|(_, page)| page);
    // The last is the renderer's, which the server brings.
    let files = ["/openapi.json", "/asyncapi.json", "/docs/style.css", "/docs/try.js", "/docs/api"];
    for (own, text) in &pages {
        for link in attributes(text, "href").into_iter().chain(attributes(text, "src")) {
            let (path, mark) = link.split_once('#').unwrap_or((link, ""));
            if files.contains(&path) {
                continue;
            }
            let target =
                page(if path.is_empty() { own } else { path }).unwrap_or_else(|| panic!("{own}: {link}"));
            assert!(mark.is_empty() || attributes(target, "id").contains(&mark), "{own} refers to {link}");
        }
    }
}

#[test]
fn the_first_page_leads_to_all_others() {
    let pages = pages();
    let main = pages[0].1.split("<main").nth(1).unwrap();
    for (path, _) in &pages[1..] {
        assert!(attributes(main, "href").contains(path), "{path}");
    }
}

#[test]
fn a_page_has_each_id_once_and_nothing_that_the_policy_forbids() {
    for (path, text) in pages() {
        let mut ids = attributes(&text, "id");
        ids.sort_unstable();
        assert_eq!(ids.windows(2).find(|pair| pair[0] == pair[1]), None, "{path}");
        for inline in ["<style", " style=", " onclick=", "javascript:", "<script>", "http-equiv"] {
            assert!(!text.contains(inline), "{path} has {inline}");
        }
    }
}

#[test]
fn every_event_has_its_examples_limits_and_errors_on_the_page() {
    let contract = Contract::declared();
    let page = pages::events(&contract);
    for event in &contract.events {
        let article = page.split(&format!("<article id=\"{}\">", event.name)).nth(1).unwrap();
        let article = article.split("</article>").next().unwrap();
        let mut examples = vec![snippets::script(event), snippets::rust(event)];
        examples.extend(snippets::terminal(event));
        for example in examples {
            assert!(article.contains(&pages::escape(&example)), "{}: {example}", event.name);
        }
        assert_eq!(article.contains("<h4>Limits</h4>"), !event.limits.is_empty(), "{}", event.name);
        for text in event
            .limits
            .iter()
            .map(|limit| limit.setting())
            .chain(event.errors.iter().map(|kind| kind.as_str()))
        {
            assert!(article.contains(text), "{} tells of {text}", event.name);
        }
    }
}
