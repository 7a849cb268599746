//! A call of an endpoint: everything that its handler needs, checked.

use super::{auth::Gate, body, front::ClientAddress, reply::Refusal};
use crate::domain::{Domain, Error, passwords, sessions::Origin, users};
use axum::{
    extract::{FromRequestParts, Query, RawPathParams, Request},
    http::{header::USER_AGENT, request::Parts},
};
use parlor_protocol::{Endpoint, FieldError, request::camel_case, sessions::Register, users::ChangeMe};
use serde_json::{Map, Value};
use std::{collections::HashSet, sync::Arc};

/// One call of the endpoint `E`.
#[derive(Debug)]
pub struct Call<E: Endpoint<Auth: Gate>> {
    /// What the use cases work with.
    pub domain: Arc<Domain>,
    /// Who calls; nobody, for a public endpoint.
    pub caller: <E::Auth as Gate>::Caller,
    /// From where.
    pub origin: Origin,
    /// What varies in the path.
    pub path: E::Path,
    /// The query string.
    pub query: E::Query,
    /// The body.
    pub body: E::Body,
}

impl<E: Endpoint<Auth: Gate>> Call<E> {
    /// Reads a request: who calls first, then everything that is wrong with path, query and body at once.
    pub async fn read(domain: Arc<Domain>, request: Request) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let caller = E::Auth::admit(&domain, &parts.headers).await?;
        let body = body::read(&parts.headers, body).await?.filter(|body| !body.is_null());
        let mut faults = Vec::new();
        let path = decode(path_object(&mut parts).await, &mut faults);
        let query = decode(query_object::<E::Query>(&parts), &mut faults);
        let body = body.unwrap_or_else(|| Value::Object(Map::new()));
        let further = further_faults::<E>(&body);
        let body = decode(Ok(body), &mut faults);
        match (path, query, body) {
            (Some(path), Some(query), Some(body)) if faults.is_empty() => {
                Ok(Self { domain, caller, origin: origin(&parts), path, query, body })
            }
            _ => {
                let known: HashSet<_> = faults.iter().map(|fault| fault.field.clone()).collect();
                faults.extend(further.into_iter().filter(|fault| !known.contains(&fault.field)));
                Err(Error::Invalid(faults).into())
            }
        }
    }
}

/// What the rules have against a body beside what its types have, for when it is refused by these.
fn further_faults<E: Endpoint>(body: &Value) -> Vec<FieldError> {
    match (E::NAME, body) {
        (Register::NAME, Value::Object(body)) => passwords::fault(body, "password").into_iter().collect(),
        (ChangeMe::NAME, Value::Object(body)) => users::faults_of_changes(body),
        _ => Vec::new(),
    }
}

fn decode<T: parlor_protocol::Request>(
    value: Result<Value, FieldError>,
    faults: &mut Vec<FieldError>,
) -> Option<T> {
    match value.map_err(|fault| vec![fault]).and_then(T::decode) {
        Ok(decoded) => Some(decoded),
        Err(found) => {
            faults.extend(found);
            None
        }
    }
}

async fn path_object(parts: &mut Parts) -> Result<Value, FieldError> {
    let params = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| FieldError::new("", "the path must be UTF-8"))?;
    Ok(params.iter().map(|(name, value)| (camel_case(name), Value::from(value))).collect())
}

/// A field that is given twice is a fault: it is not for us to guess which one is meant. A number is its digits.
fn query_object<T: parlor_protocol::Request>(parts: &Parts) -> Result<Value, FieldError> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| FieldError::new("", "the query string must be of the form a=1&b=2"))?;
    let mut object = Map::new();
    for (name, value) in pairs {
        if object.contains_key(&name) {
            return Err(FieldError::new(name, "must be given once"));
        }
        object.insert(name, Value::from(value));
    }
    for fault in T::faults(&object) {
        if let Some(number) = object.get(&fault.field).and_then(digits) {
            object.insert(fault.field, number.into());
        }
    }
    Ok(Value::Object(object))
}

fn digits(value: &Value) -> Option<u64> {
    let digits =
        value.as_str().filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))?;
    Some(digits.parse().unwrap_or(u64::MAX))
}

fn origin(parts: &Parts) -> Origin {
    Origin {
        address: parts.extensions.get().map(|ClientAddress(address)| *address),
        user_agent: parts.headers.get(USER_AGENT).and_then(|name| name.to_str().ok()).map(str::to_owned),
    }
}
