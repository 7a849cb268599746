//! How a REST endpoint is declared: a type per endpoint, from which routes, calls and documents derive.

use crate::{Envelope, ErrorType, Limit, Request};

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are HTTP's own")]
pub enum Method {
    GET,
    POST,
    PATCH,
    DELETE,
}

impl Method {
    /// The method's name in HTTP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GET => "GET",
            Self::POST => "POST",
            Self::PATCH => "PATCH",
            Self::DELETE => "DELETE",
        }
    }
}

/// Who may call: [`Public`] or [`Bearer`].
pub trait Auth: Send + 'static {
    /// Whether a call needs an access token.
    const REQUIRED: bool;
}

/// Anybody may call.
#[derive(Clone, Copy, Debug)]
pub enum Public {}

impl Auth for Public {
    const REQUIRED: bool = false;
}

/// Only with `Authorization: Bearer <access token>`.
#[derive(Clone, Copy, Debug)]
pub enum Bearer {}

impl Auth for Bearer {
    const REQUIRED: bool = true;
}

/// One REST endpoint, declared with [`endpoints!`](crate::endpoints).
pub trait Endpoint: Send + 'static {
    /// Its name: verb and noun.
    const NAME: &'static str;
    /// What it does: its doc comment.
    const DOC: &'static str;
    /// The noun it belongs to: the name of its module.
    const NOUN: &'static str;
    /// Its method.
    const METHOD: Method;
    /// Its path below [`BASE_PATH`](crate::BASE_PATH), with `{names}` for what varies.
    const PATH: &'static str;
    /// Other paths under which the original server offers the same.
    const ALIASES: &'static [&'static str];
    /// The status of a success.
    const STATUS: u16;
    /// The other status of a success, where there is one.
    const ALSO: Option<u16>;
    /// The words for people that go with a success.
    const SAYS: &'static str;
    /// What can go wrong beside the failures that every endpoint has.
    const ERRORS: &'static [ErrorType];
    /// The limits that it keeps.
    const LIMITS: &'static [Limit];
    /// Who may call.
    type Auth: Auth;
    /// What varies in the path.
    type Path: Request;
    /// The query string.
    type Query: Request;
    /// The body.
    type Body: Request;
    /// The answer.
    type Response: Send;
    /// The answer with what is around it.
    type Envelope: Envelope<Content = Self::Response>;
}

/// Something that wants to see every endpoint; see [`visit_endpoints`](crate::visit_endpoints).
pub trait EndpointVisitor {
    /// Called once for each endpoint.
    fn visit<E: Endpoint>(&mut self);
}

/// `rooms` of `parlor_protocol::rooms`.
#[doc(hidden)]
pub const fn last_part(path: &'static str) -> &'static str {
    let mut start = path.len();
    while start > 0 && path.as_bytes()[start - 1] != b':' {
        start -= 1;
    }
    path.split_at(start).1
}

/// Declares endpoints, and a function that shows each of them to a visitor.
#[macro_export]
macro_rules! endpoints {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident = $method:ident $path:literal $(or $alias:literal)* {
            auth: $auth:ident,
            $(path: $path_type:ty,)?
            $(query: $query:ty,)?
            $(body: $body:ty,)?
            $(response: $status:ident $(| $also:ident)? $response:ty,)?
            $(page: $item:ty,)?
            says: $says:literal,
            errors: [$($error:ident),*],
            $(limits: [$($limit:ident),*],)?
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl $crate::Endpoint for $name {
                const NAME: &'static str = stringify!($name);
                const DOC: &'static str = concat!($($doc, "\n"),*);
                const NOUN: &'static str = $crate::endpoint::last_part(module_path!());
                const METHOD: $crate::Method = $crate::Method::$method;
                const PATH: &'static str = $path;
                const ALIASES: &'static [&'static str] = &[$($alias),*];
                const STATUS: u16 = $crate::endpoints!(@status $($status)?);
                const ALSO: Option<u16> = $crate::endpoints!(@also $($($also)?)?);
                const SAYS: &'static str = $says;
                const ERRORS: &'static [$crate::ErrorType] = &[$($crate::ErrorType::$error),*];
                const LIMITS: &'static [$crate::Limit] = &[$($($crate::Limit::$limit),*)?];
                type Auth = $crate::$auth;
                type Path = $crate::endpoints!(@or_nothing $($path_type)?);
                type Query = $crate::endpoints!(@or_nothing $($query)?);
                type Body = $crate::endpoints!(@or_nothing $($body)?);
                type Response = $crate::endpoints!(@response $([$response])? $(page [$item])?);
                type Envelope = $crate::endpoints!(@envelope $([$response])? $(page [$item])?);
            }
        )*

        /// Shows each endpoint of this module to `visitor`.
        pub(crate) fn visit_endpoints(visitor: &mut impl $crate::EndpointVisitor) {
            $(visitor.visit::<$name>();)*
        }
    };
    (@status) => { 200 };
    (@status OK) => { 200 };
    (@status CREATED) => { 201 };
    (@also) => { None };
    (@also OK) => { Some(200) };
    (@or_nothing) => { $crate::Nothing };
    (@or_nothing $type:ty) => { $type };
    (@response [$response:ty]) => { $response };
    (@response page [$item:ty]) => { $crate::page::Page<$item> };
    (@envelope [$response:ty]) => { $crate::Success<$response> };
    (@envelope page [$item:ty]) => { $crate::SuccessPage<$item> };
}
