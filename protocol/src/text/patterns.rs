//! The rules of texts as regular expressions, for the documents.

/// What `char::is_whitespace` says, for every reader of a pattern; `\s` is not the same to all of them.
macro_rules! blank {
    () => {
        r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    };
}

/// What `is_unprintable` says. Not every reader has an escape for the last ones.
macro_rules! unseen {
    () => {
        "\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\u{e0000}-\u{e007f}"
    };
}

/// A character of an e-mail address, but none of these.
macro_rules! letter_but {
    ($others:literal) => {
        concat!("[^", blank!(), unseen!(), r#"@<>(),;:\\"\[\]"#, $others, "]")
    };
}

/// A part of a domain.
macro_rules! label {
    () => {
        concat!(letter_but!(".-"), "(", letter_but!("."), "*", letter_but!(".-"), ")?")
    };
}

/// What `is_email` says.
pub(super) const EMAIL: &str = concat!("^", letter_but!(""), "{1,64}@(", label!(), r"\.)+", label!(), "$");

/// 3 to 64 visible characters, of which the inner ones may be blanks, and blanks around them.
pub(super) const VISIBLE: &str = concat!(
    "^[",
    blank!(),
    "]*[^",
    blank!(),
    unseen!(),
    "][^",
    unseen!(),
    "]{1,62}[^",
    blank!(),
    unseen!(),
    "][",
    blank!(),
    "]*$"
);

/// Something in it is no blank, and nothing is U+0000.
pub(super) const NOT_BLANK: &str = concat!(r"^[^\x00]*[^\x00", blank!(), r"][^\x00]*$");
