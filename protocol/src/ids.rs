//! Ids: UUIDs on the wire, one type per noun so that they can't be mixed up.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        #[cfg(feature = "schema")]
        text_shape!(
            $name,
            [$($doc)* "A UUID."],
            format: Some("uuid"), pattern: Some(HYPHENATED),
            example: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"
        );

        impl $name {
            /// A new id of version 7, so that ids sort by the time they were made.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = &'static str;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                hyphenated(text).map(Self).ok_or("must be a UUID such as 018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90")
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text).map(Self)
            }
        }
    )*};
}

ids! {
    /// An account's id.
    UserId;
    /// The id of a sign-in of an account on one device.
    SessionId;
    /// A room's id.
    RoomId;
    /// The id of a user's membership of a room.
    MemberId;
    /// A message's id.
    MessageId;
    /// The id of an invite to a private room.
    InviteId;
    /// One state of the database's history: it changes when a backup is restored.
    Epoch;
}

#[cfg(feature = "schema")]
const HYPHENATED: &str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";

/// The usual form only: the braced, URN and bare forms that [`Uuid`] also reads are not on the wire.
fn hyphenated(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Uuid, E> {
        hyphenated(text)
            .ok_or_else(|| E::custom("must be a UUID such as 018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_the_same_id_after_the_wire(number in any::<u128>()) {
            let id = RoomId(Uuid::from_u128(number));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
            prop_assert_eq!(serde_json::to_value(id).and_then(serde_json::from_value::<RoomId>).ok(), Some(id));
        }

        #[test]
        fn only_the_usual_form_is_taken_for_an_id(number in any::<u128>(), cut in 0..36_usize, letter in "[^0-9a-fA-F]") {
            let id = Uuid::from_u128(number);
            let mut odd = id.to_string();
            odd.replace_range(cut..=cut, &letter);
            let forms = [id.simple().to_string(), id.braced().to_string(), id.urn().to_string(), format!("{id} ")];
            for wrong in forms.into_iter().chain((odd != id.to_string()).then_some(odd)) {
                prop_assert!(wrong.parse::<UserId>().is_err(), "{}", wrong);
                prop_assert!(serde_json::from_value::<UserId>(wrong.into()).is_err());
            }
        }
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let ids: Vec<_> = (0..1000).map(|_| MessageId::generate()).collect();
        assert!(ids.is_sorted(), "{ids:?}");
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = RoomId::generate();
        assert_eq!(serde_json::to_string(&id).ok(), Some(format!("\"{id}\"")));
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "1", "[]", &id.0.simple().to_string(), &id.0.braced().to_string()] {
            assert!(wrong.parse::<RoomId>().is_err(), "{wrong}");
        }
        for wrong in ["[\"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90\"]", "5", "null", "{}"] {
            assert!(serde_json::from_str::<RoomId>(wrong).is_err(), "{wrong}");
        }
    }
}
