//! The page of the endpoints.

use super::{
    HERE, code, contents, errors, escape, fields, json, kind, limits, nouns, page, prose, row, table,
};
use crate::contract::{Contract, Operation, is_nothing};
use parlor_protocol::BASE_PATH;
use serde_json::{Value, json};
use std::fmt::Write as _;

const INTRODUCTION: &str = "<p>Every path stands below <code>/api/v1</code>. Bodies are JSON, at most 64 KiB. A success is \
<code>{ success, message, data }</code>, a failure <code>{ success, message, type, requestId }</code>: match on <code>type</code>, show \
<code>message</code>. Times are UTC, ids are UUIDs, and a listing goes on with <code>?cursor=</code> and the <code>nextCursor</code> of \
the last answer.</p>\n\
<form class=\"token\"><label>Access token, for what you try here <input id=\"token\" type=\"password\" autocomplete=\"off\" \
spellcheck=\"false\"></label> <small>A sign-in or registration on this page fills it in. It is forgotten when the page goes.</small></form>\n";

/// Every endpoint, to read and to try.
pub fn rest(contract: &Contract) -> String {
    let of_noun = |noun| contract.operations.iter().filter(move |operation| operation.noun == noun);
    let nouns = nouns(contract);
    let navigation = contents(
        nouns
            .iter()
            .map(|noun| {
                let link = |operation: &Operation| {
                    let label = format!("<b>{}</b> {}", operation.method, escape(&operation.path));
                    (operation.id.clone(), label)
                };
                (*noun, of_noun(*noun).map(link).collect::<Vec<_>>())
            })
            .collect::<Vec<_>>()
            .iter()
            .map(|(noun, links)| {
                (*noun, links.iter().map(|(id, label)| (id.as_str(), label.clone())).collect())
            }),
    );
    let mut main = INTRODUCTION.to_owned();
    for noun in nouns {
        // Writing to a String cannot fail.
        writeln!(main, "<h2>{}</h2>", escape(noun)).ok();
        for operation in of_noun(noun) {
            main.push_str(&article(operation, contract));
        }
    }
    page("REST", &navigation, &main)
}

fn article(operation: &Operation, contract: &Contract) -> String {
    let mut html = format!(
        "<article id=\"{id}\">\n<h3><b class=\"method\">{method}</b> <code>{BASE_PATH}{path}</code></h3>\n<p>{doc}</p>\n",
        id = escape(&operation.id),
        method = operation.method,
        path = escape(&operation.path),
        doc = prose(&operation.doc),
    );
    for alias in &operation.aliases {
        writeln!(html, "<p>Also as <code>{BASE_PATH}{}</code>.</p>", escape(alias)).ok();
    }
    html.push_str(if operation.bearer { "<p>Needs a token.</p>\n" } else { "<p>Needs no token.</p>\n" });
    let parameters = operation.parameters.iter().map(|parameter| {
        let place = format!("{}, in the {}", kind(&parameter.schema), parameter.place);
        row(&parameter.name, &place, parameter.required, &parameter.doc)
    });
    let parameters: String = parameters.collect();
    if !parameters.is_empty() {
        html.push_str(&table("Parameters", &parameters));
    }
    if let Some(body) = &operation.body {
        html.push_str(&fields("Body", &body.schema, &contract.shapes));
    }
    html.push_str("<h4>Request</h4>\n");
    html.push_str(&code(&curl(operation)));
    let statuses: Vec<_> = operation.statuses.iter().map(u16::to_string).collect();
    writeln!(html, "<h4>Answer: {}</h4>", statuses.join(" or ")).ok();
    html.push_str(&json(&answer(operation)));
    if !is_nothing(&operation.data) {
        html.push_str(&fields("Data", &operation.data.schema, &contract.shapes));
    }
    html.push_str(&errors(&operation.errors));
    html.push_str(&limits(&operation.limits));
    html.push_str(&form(operation));
    html.push_str("</article>\n");
    html
}

/// A success, as it stands in the documents.
pub(super) fn answer(operation: &Operation) -> Value {
    let mut answer = json!({"success": true, "message": operation.says, "data": operation.data.example});
    if operation.paged {
        answer["nextCursor"] = Value::Null;
    }
    answer
}

fn curl(operation: &Operation) -> String {
    let mut text = format!("curl -X {} '{HERE}{BASE_PATH}{}'", operation.method, operation.path);
    if operation.bearer {
        text.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    }
    if let Some(body) = &operation.body {
        write!(text, " \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'", body.example).ok();
    }
    text
}

/// A form that `try.js` sends. It names what varies, and the page has no code of its own.
fn form(operation: &Operation) -> String {
    let mut html = format!(
        "<details><summary>Try it</summary>\n<form class=\"try\" data-method=\"{}\" data-path=\"{BASE_PATH}{}\">\n",
        operation.method,
        escape(&operation.path)
    );
    for parameter in &operation.parameters {
        let (name, place) = (escape(&parameter.name), parameter.place);
        writeln!(html, "<label>{name} <input name=\"{name}\" data-in=\"{place}\"></label>").ok();
    }
    if let Some(body) = &operation.body {
        let example = escape(&serde_json::to_string_pretty(&body.example).unwrap_or_default());
        writeln!(html, "<label>Body <textarea name=\"body\" rows=\"6\">{example}</textarea></label>").ok();
    }
    html.push_str("<button>Send</button>\n<output aria-live=\"polite\"></output>\n</form>\n</details>\n");
    html
}
