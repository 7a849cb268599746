//! Emoji by their names, as GitHub has them.

use emojis::Emoji;
use unicode_segmentation::UnicodeSegmentation as _;

/// Those with a name like this, best first: each with the name.
pub(crate) fn named(like: &str) -> Vec<(&'static Emoji, &'static str)> {
    let like = like.to_lowercase();
    let name = |emoji: &'static Emoji| {
        let names = emoji.shortcodes().filter(|name| name.contains(&like));
        names.min_by_key(|name| (!name.starts_with(&like), name.len())).map(|name| (emoji, name))
    };
    let mut found: Vec<_> = emojis::iter().filter_map(name).collect();
    found.sort_by_key(|(_, name)| (!name.starts_with(&like), name.len()));
    found
}

/// A text with the names of its emoji in place of them.
pub(crate) fn in_names(text: &str) -> String {
    let name = |cluster| emojis::get(cluster).and_then(Emoji::shortcode);
    text.graphemes(true)
        .map(|cluster| name(cluster).map_or_else(|| cluster.to_owned(), |name| format!(":{name}:")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_name_that_begins_so_comes_first() {
        let names = |like: &str| named(like).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names("rocke"), ["rocket"]);
        assert_eq!(names("Rock")[..2], ["rock", "rocket"]);
        let thumbs = named("+1");
        assert_eq!((thumbs[0].0.as_str(), thumbs[0].1), ("👍", "+1"));
        // One that has it elsewhere comes after all that begin with it.
        let moons = names("moon");
        let at = |name: &str| moons.iter().position(|other| *other == name).unwrap();
        assert!(at("moon") == 0 && at("moon_cake") < at("new_moon"), "{moons:?}");
        assert!(names("no such thing").is_empty());
    }

    #[test]
    fn what_is_no_emoji_stays() {
        for (text, named) in [
            ("moved 🎉, and 👩\u{200d}👩\u{200d}👧!", "moved :tada:, and :family_woman_woman_girl:!"),
            ("❤\u{fe0f} 🇩🇪", ":heart: :de:"),
            ("1 # * é e\u{301} 日本 → ✓ a\nb", "1 # * é e\u{301} 日本 → ✓ a\nb"),
        ] {
            assert_eq!(in_names(text), named);
        }
    }
}
