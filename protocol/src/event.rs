//! How a Socket.IO event is declared: a type per event, and a trait per direction, so that none can be sent the wrong way.

use crate::{ApiError, ErrorType, Limit, Request, Shape, text::RequestId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser::SerializeStruct};

/// An event from client to server, declared with [`events!`](crate::events).
pub trait ClientEvent: Send + 'static {
    /// Its name on the wire.
    const NAME: &'static str;
    /// What it does: its doc comment.
    const DOC: &'static str;
    /// What can go wrong beside the failures that every event has.
    const ERRORS: &'static [ErrorType];
    /// The limits that it keeps beside those that every event has.
    const LIMITS: &'static [Limit];
    /// Its one argument.
    type Payload: Request;
    /// What a successful acknowledgement carries.
    type Ack: Serialize + DeserializeOwned + Shape + Send + 'static;
}

/// An event from server to client, declared with [`events!`](crate::events).
pub trait ServerEvent: Send + 'static {
    /// Its name on the wire.
    const NAME: &'static str;
    /// What it says: its doc comment.
    const DOC: &'static str;
    /// Its one argument.
    type Payload: Serialize + DeserializeOwned + Shape + Send + 'static;
}

/// Something that wants to see every event; see [`visit_events`](crate::visit_events).
pub trait EventVisitor {
    /// Called once for each event from client to server.
    fn client<E: ClientEvent>(&mut self);
    /// Called once for each event from server to client.
    fn server<E: ServerEvent>(&mut self);
}

/// Declares events, and a function that shows each of them to a visitor.
#[macro_export]
macro_rules! events {
    (
        client { $($(#[doc = $client_doc:literal])* $client:ident = $client_name:literal ($payload:ty) -> $ack:ty, errors: [$($error:ident),*] $(, limits: [$($limit:ident),*])?;)* }
        server { $($(#[doc = $server_doc:literal])* $server:ident = $server_name:literal ($told:ty);)* }
    ) => {
        $(
            $(#[doc = $client_doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $client {}

            impl $crate::ClientEvent for $client {
                const NAME: &'static str = $client_name;
                const DOC: &'static str = concat!($($client_doc, "\n"),*);
                const ERRORS: &'static [$crate::ErrorType] = &[$($crate::ErrorType::$error),*];
                const LIMITS: &'static [$crate::Limit] = &[$($($crate::Limit::$limit),*)?];
                type Payload = $payload;
                type Ack = $ack;
            }
        )*
        $(
            $(#[doc = $server_doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $server {}

            impl $crate::ServerEvent for $server {
                const NAME: &'static str = $server_name;
                const DOC: &'static str = concat!($($server_doc, "\n"),*);
                type Payload = $told;
            }
        )*

        /// Shows each event of this module to `visitor`.
        pub(crate) fn visit_events(visitor: &mut impl $crate::EventVisitor) {
            $(visitor.client::<$client>();)*
            $(visitor.server::<$server>();)*
        }
    };
}

/// The answer to an event: `{ ok: true, data, requestId? }` or `{ ok: false, error, requestId? }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack<T> {
    /// How it went.
    pub outcome: Result<T, ApiError>,
    /// The event's own `requestId`, given back.
    pub request_id: Option<RequestId>,
}

impl<T: Serialize> Serialize for Ack<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ack = serializer.serialize_struct("Ack", 2 + usize::from(self.request_id.is_some()))?;
        ack.serialize_field("ok", &self.outcome.is_ok())?;
        match &self.outcome {
            Ok(data) => ack.serialize_field("data", data)?,
            Err(error) => ack.serialize_field("error", error)?,
        }
        if let Some(request_id) = &self.request_id {
            ack.serialize_field("requestId", request_id)?;
        }
        ack.end()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Ack<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;

        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            ok: bool,
            #[serde(default)]
            data: serde_json::Value,
            error: Option<ApiError>,
            request_id: Option<RequestId>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let outcome = match (wire.ok, wire.error) {
            (true, _) => Ok(serde_json::from_value(wire.data).map_err(D::Error::custom)?),
            (false, Some(error)) => Err(error),
            (false, None) => return Err(D::Error::missing_field("error")),
        };
        Ok(Self { outcome, request_id: wire.request_id })
    }
}

/// The payload of the `error` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[cfg_attr(feature = "schema", schema(example = json!({
    "type": "RATE_LIMIT", "message": "Too often; try again in 3 s", "retryAfterMs": 3000,
    "event": "send_message", "roomId": "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90",
})))]
#[serde(rename_all = "camelCase")]
pub struct EventError {
    /// What went wrong.
    #[serde(flatten)]
    pub error: ApiError,
    /// The name of the event that failed.
    #[cfg_attr(feature = "schema", schema(example = "send_message"))]
    pub event: String,
    /// The room that it named, if it named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schema(nullable = false))]
    pub room_id: Option<crate::ids::RoomId>,
    /// The `requestId` of the event that failed, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schema(nullable = false))]
    pub request_id: Option<crate::text::RequestId>,
}

crate::events! {
    client {}
    server {
        /// An event of this client failed, and it had asked for no acknowledgement; or its session has ended.
        ErrorEvent = "error" (EventError);
        /// The server is going down in order.
        ServerRestart = "server_restart" (Restart);
    }
}

/// When to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Restart {
    /// How many milliseconds to wait before connecting again; it differs between clients, so that they don't come all at once.
    #[cfg_attr(feature = "schema", schema(example = 1500))]
    pub reconnect_after_ms: u64,
}
