//! Paging: how much, from where on.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Number<const MIN: i64, const MAX: i64 = LARGEST>(i64);

/// A place in a room's timeline; 0 is before the first entry.
pub type Position = Number<0>;

/// How much or how often: at least 1.
pub type Count = Number<1>;

/// A page's number as the original counts: from 1 (the newest).
pub type PageNumber = Number<1>;

#[cfg(feature = "schema")]
plain_shape!(
    { const MIN: i64, const MAX: i64 } Number<MIN, MAX>,
    format!("NumberFrom{MIN}To{MAX}"),
    "number",
    crate::schema::integer(MIN, Some(MAX), &format!("A whole number from {MIN}."))
);

impl<const MIN: i64, const MAX: i64> Number<MIN, MAX> {
    /// The number, or `None` when it is below the least one or above the largest.
    pub fn new(number: i64) -> Option<Self> {
        (MIN..=MAX).contains(&number).then_some(Self(number))
    }

    /// The number itself.
    pub fn get(self) -> i64 {
        self.0
    }
}

/// JSON readers elsewhere hold numbers exactly up to 2^53.
const LARGEST: i64 = 1 << 53;

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Number<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = deserializer.deserialize_any(WholeNumber)?;
        Self::new(number)
            .ok_or_else(|| de::Error::custom(format_args!("must be a whole number from {MIN} to {MAX}")))
    }
}

/// How many items a page has at most: from 1; above `MOST` it is taken for `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Limit<const MOST: u32>(u32);

/// How many of a listing.
pub type PageLimit = Limit<200>;

/// How many entries of a timeline.
pub type TimelineLimit = Limit<500>;

#[cfg(feature = "schema")]
plain_shape!(
    { const MOST: u32 } Limit<MOST>,
    format!("LimitOf{MOST}"),
    "number",
    crate::schema::integer(1, None, &format!("From 1; above {MOST} it is taken for {MOST}."))
);

impl<const MOST: u32> Limit<MOST> {
    /// The limit, clamped to what a page may have; `None` for 0.
    pub fn new(limit: u32) -> Option<Self> {
        (limit > 0).then(|| Self(limit.min(MOST)))
    }

    /// The limit itself.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const MOST: u32> Deserialize<'de> for Limit<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = deserializer.deserialize_any(WholeNumber)?;
        if number < 1 {
            return Err(de::Error::custom("must be a whole number from 1"));
        }
        Ok(Self(u32::try_from(number).map_or(MOST, |limit| limit.min(MOST))))
    }
}

/// As JSON Schema understands an integer: `7.0` is one. What no `i64` holds is the nearest that one does.
struct WholeNumber;

impl de::Visitor<'_> for WholeNumber {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<i64, E> {
        Ok(i64::try_from(number).unwrap_or(i64::MAX))
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "it is whole, and the nearest number is what is wanted"
    )]
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<i64, E> {
        if number.fract() == 0.0 { Ok(number as i64) } else { Err(E::custom("must be a whole number")) }
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<i64, E> {
        Err(E::custom("must be a whole number"))
    }
}

/// Where a listing goes on: opaque; taken from one answer and given back with the next question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Cursor(String);

#[cfg(feature = "schema")]
text_shape!(
    Cursor,
    ["Where a listing goes on: opaque; taken from `nextCursor` of one answer and given back with the next question."],
    least: 1, most: Some(128), pattern: Some("^[!-~]+$"), example: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"
);

impl Cursor {
    /// A cursor of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(de::Error::custom("must be a `nextCursor` from an earlier answer"))
        }
    }
}

/// One page of a listing; `T` is a `Vec`, or a struct that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on this page.
    pub data: T,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read<T: de::DeserializeOwned>(wire: Value) -> Option<T> {
        serde_json::from_value(wire).ok()
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_is_and_a_limit_is_clamped(number in prop_oneof![any::<i64>(), -3..500_i64, LARGEST - 3..LARGEST + 3]) {
            prop_assert_eq!(read::<Position>(json!(number)), Position::new(number));
            prop_assert_eq!(read::<PageNumber>(json!(number)), PageNumber::new(number));
            prop_assert_eq!(read::<PageNumber>(json!(number.to_string())), None);
            let limit = (number > 0).then(|| number.min(200));
            prop_assert_eq!(read::<Limit<200>>(json!(number)).map(|limit| i64::from(limit.get())), limit);
            let made = u32::try_from(number).ok().and_then(Limit::<200>::new);
            prop_assert_eq!(made.map(|limit| i64::from(limit.get())), limit.filter(|_| u32::try_from(number).is_ok()));
        }

        #[test]
        fn a_cursor_comes_back_as_it_was_given_out(text in "[!-~]{1,128}", other in any::<String>()) {
            let wire = serde_json::to_value(Cursor::new(&*text)).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(serde_json::from_value::<Cursor>(wire).ok(), Some(Cursor::new(text)));
            let read = serde_json::from_value::<Cursor>(json!(other));
            prop_assert!(read.is_err() || read.is_ok_and(|cursor| cursor.as_str() == other));
        }
    }

    #[test]
    fn a_limit_is_clamped_and_never_0() {
        let limit = |value| serde_json::from_value::<Limit<200>>(value).ok().map(Limit::get);
        assert_eq!(limit(json!(50)), Some(50));
        assert_eq!(limit(json!(200)), Some(200));
        assert_eq!(limit(json!(201)), Some(200));
        assert_eq!(limit(json!(u64::MAX)), Some(200));
        assert_eq!(limit(json!(1e23)), Some(200));
        assert_eq!(limit(json!(7.0)), Some(7));
        for wrong in
            [json!("7"), json!(""), json!(0), json!(0.5), json!(-1e23), json!(null), json!(1.5), json!(-3)]
        {
            assert_eq!(limit(wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn a_position_goes_from_0_to_2_to_the_53() {
        let position = |value| serde_json::from_value::<Position>(value).ok().map(Position::get);
        assert_eq!(position(json!(0)), Some(0));
        assert_eq!(position(json!(1_i64 << 53)), Some(1 << 53));
        assert_eq!(position(json!((1_i64 << 53) + 1)), None);
        assert_eq!(position(json!(u64::MAX)), None);
        assert_eq!(position(json!(-1)), None);
    }
}
