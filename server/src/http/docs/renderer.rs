//! REST to read and to try: Swagger UI, out of its crate.

use super::served;
use crate::domain::Domain;
use axum::{Router, response::Redirect, routing::get};
use bytes::Bytes;
use std::{borrow::Cow, sync::Arc};
use utoipa_swagger_ui::{Config, serve};

/// Like that of our own pages, but for what the renderer cannot do without: it sets HTML, which it has cleaned, and its style
/// sheet holds pictures.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/png";

/// Path, content type, name in the crate.
const FILES: [(&str, &str, &str); 8] = [
    ("/docs/api/", HTML, "index.html"),
    ("/docs/api/index.css", CSS, "index.css"),
    ("/docs/api/swagger-ui.css", CSS, "swagger-ui.css"),
    ("/docs/api/swagger-ui-bundle.js", SCRIPT, "swagger-ui-bundle.js"),
    ("/docs/api/swagger-ui-standalone-preset.js", SCRIPT, "swagger-ui-standalone-preset.js"),
    ("/docs/api/swagger-initializer.js", SCRIPT, "swagger-initializer.js"),
    ("/docs/api/favicon-16x16.png", PICTURE, "favicon-16x16.png"),
    ("/docs/api/favicon-32x32.png", PICTURE, "favicon-32x32.png"),
];

/// The paths of this module. The page's own links need the slash at the end of its path.
pub(super) fn router() -> Router<Arc<Domain>> {
    // Nothing is asked of a validator elsewhere, and no token outlives the page.
    let config =
        Config::new(["/openapi.json"]).use_base_layout().validator_url("none").persist_authorization(false);
    let config = Arc::new(config);
    let router = Router::new().route("/docs/api", get(async || Redirect::permanent("/docs/api/")));
    FILES.into_iter().fold(router, |router, (path, kind, name)| {
        // The crate has all of these; a test reads them.
        let Ok(Some(file)) = serve(name, config.clone()) else { return router };
        let content = match file.bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        router.route(path, get(move || std::future::ready(served(kind, content.clone(), POLICY))))
    })
}
