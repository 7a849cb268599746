//! The contract as documents: OpenAPI, AsyncAPI, TypeScript and pages for people, all written from what `protocol` declares.
//!
//! `cargo run -p parlor-openapi -- generate` writes them, `-- check` says which are stale, and so does a test.

pub mod asyncapi;
pub mod contract;
pub mod example;
pub mod migration;
pub mod openapi;
pub mod pages;
pub mod shapes;
pub mod snippets;
pub mod text;
pub mod typescript;

use contract::Contract;

/// A generated file: where it lies in this folder, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path from the folder of this package.
    pub path: &'static str,
    /// What is in it.
    pub text: String,
}

/// Every generated file.
pub fn files() -> Vec<File> {
    let contract = Contract::declared();
    let mut files = typescript::files(&contract);
    files.extend(snippets::files(&contract));
    files.extend([
        File { path: "openapi.json", text: text::json(openapi::document(&contract)) },
        File { path: "asyncapi.json", text: text::json(asyncapi::document(&contract)) },
        File { path: "pages/index.html", text: pages::start() },
        File { path: "pages/rest.html", text: pages::rest(&contract) },
        File { path: "pages/events.html", text: pages::events(&contract) },
        File { path: "pages/migration.html", text: pages::migration(&contract) },
    ]);
    files
}
