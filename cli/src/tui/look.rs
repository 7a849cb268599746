//! How things look: colours, and the characters beside the text.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text itself.
    Text,
    /// What stands back: times, rules, hints.
    Quiet,
    /// A heading.
    Heading,
    /// What is chosen.
    Chosen,
    /// One's own name.
    Own,
    /// Another's name.
    Name,
    /// What is new or unread.
    New,
    /// What went wrong.
    Bad,
    /// What waits.
    Waiting,
    /// What went well.
    Good,
}

/// A choice of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// The terminal's own 16 colours.
    #[default]
    Terminal,
    /// On black.
    Dark,
    /// On white.
    Light,
    /// Black and white and yellow.
    HighContrast,
    /// No colour: bold, underlined, reversed.
    None,
}

impl Theme {
    /// By its name.
    pub(crate) const NAMES: [&'static str; 5] = ["terminal", "dark", "light", "high-contrast", "none"];

    /// The theme of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::Terminal, Self::Dark, Self::Light, Self::HighContrast, Self::None];
        Self::NAMES.iter().position(|known| *known == name).map(|index| all[index])
    }
}

/// Colours of one's own, instead of those of the theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Colours([Option<Color>; 9]);

impl Colours {
    /// What can have a colour of one's own: the text and what is behind it, and the parts.
    pub(crate) const NAMES: [(&'static str, &'static str); 9] = [
        ("text", "text"),
        ("background", "what is behind the text"),
        ("quiet", "times, rules and hints"),
        ("own", "one's own name"),
        ("name", "the names of others"),
        ("new", "what is new or unread"),
        ("bad", "what went wrong"),
        ("waiting", "what waits"),
        ("good", "what went well"),
    ];

    /// A colour: `#` and six digits, or one of the terminal's 16 by its name.
    pub(crate) fn parse(text: &str) -> Option<Color> {
        // The rest of what can be parsed are numbers, which say nothing.
        let is_named =
            text.starts_with('#') || text.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-');
        text.parse().ok().filter(|_| is_named)
    }

    /// With this one too; a name that is not known changes nothing.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, colour: &str) -> Self {
        if let Some(at) = Self::NAMES.iter().position(|(known, _)| *known == name) {
            self.0[at] = Self::parse(colour);
        }
        self
    }
}

/// The characters beside the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyphs {
    /// What was cut off.
    pub(crate) more: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) heavy: &'static str,
    pub(crate) bar: &'static str,
    pub(crate) here: &'static str,
    pub(crate) accepted: &'static str,
    pub(crate) seen: &'static str,
    pub(crate) pending: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) online: &'static str,
    pub(crate) offline: &'static str,
    pub(crate) down: &'static str,
    pub(crate) again: &'static str,
    pub(crate) dot: &'static str,
    /// Behind the name of a private room.
    pub(crate) private: &'static str,
    pub(crate) mask: char,
    /// Left, right, top and bottom of a box are `bar` and `rule`; these are its corners.
    pub(crate) corners: [&'static str; 4],
}

static UNICODE: Glyphs = Glyphs {
    more: "…",
    rule: "─",
    heavy: "━",
    bar: "│",
    here: "▌",
    accepted: "✓",
    seen: "✓✓",
    pending: "…",
    failed: "✗",
    online: "●",
    offline: "○",
    down: "↓",
    again: "⟳",
    dot: "·",
    private: "◆",
    mask: '•',
    corners: ["┌", "┐", "└", "┘"],
};

static ASCII: Glyphs = Glyphs {
    more: "~",
    rule: "-",
    heavy: "=",
    bar: "|",
    here: ">",
    accepted: "v",
    seen: "vv",
    pending: "...",
    failed: "!",
    online: "*",
    offline: "-",
    down: "v",
    again: "@",
    dot: "-",
    private: "&",
    mask: '*',
    corners: ["+", "+", "+", "+"],
};

/// Colours and characters together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) theme: Theme,
    pub(crate) glyphs: &'static Glyphs,
    colours: Colours,
}

impl Look {
    /// Colours of a theme, with Unicode's characters or ASCII's.
    pub(crate) fn new(theme: Theme, ascii: bool) -> Self {
        Self { theme, glyphs: if ascii { &ASCII } else { &UNICODE }, colours: Colours::default() }
    }

    /// Whether only ASCII's characters are beside the text.
    pub(crate) fn is_ascii(self) -> bool {
        *self.glyphs == ASCII
    }

    /// With colours of one's own. Without colours there are none of these either.
    pub(crate) fn with(self, colours: Colours) -> Self {
        if self.theme == Theme::None { self } else { Self { colours, ..self } }
    }

    /// What all of the screen begins with.
    pub(crate) fn base(self) -> Style {
        let style = match self.theme {
            Theme::Terminal | Theme::None => Style::new(),
            Theme::Dark => Style::new().fg(Color::Rgb(0xd8, 0xd8, 0xd8)).bg(Color::Rgb(0x14, 0x16, 0x1a)),
            Theme::Light => Style::new().fg(Color::Rgb(0x20, 0x20, 0x20)).bg(Color::Rgb(0xfa, 0xfa, 0xf7)),
            Theme::HighContrast => Style::new().fg(Color::White).bg(Color::Black),
        };
        let [text, background, ..] = self.colours.0;
        Style { fg: text.or(style.fg), bg: background.or(style.bg), ..style }
    }

    /// How a part looks.
    pub(crate) fn style(self, part: Part) -> Style {
        let style = match part {
            Part::Chosen => return Style::new().add_modifier(Modifier::REVERSED),
            Part::Heading | Part::Own | Part::Name | Part::New => Style::new().add_modifier(Modifier::BOLD),
            Part::Bad if self.theme == Theme::None => {
                Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
            }
            Part::Text | Part::Quiet | Part::Bad | Part::Waiting | Part::Good => Style::new(),
        };
        match self.colour(part) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }

    fn colour(self, part: Part) -> Option<Color> {
        // Quiet, own, name, new, bad, waiting, good.
        let colours = match self.theme {
            Theme::None => return None,
            Theme::Terminal => [
                Color::DarkGray,
                Color::Cyan,
                Color::Blue,
                Color::Magenta,
                Color::Red,
                Color::Yellow,
                Color::Green,
            ],
            Theme::Dark => {
                [0x8a_90_99, 0x5f_d7_d7, 0x87_af_ff, 0xff_87_d7, 0xff_7a_70, 0xf0_c6_74, 0x8c_d0_80]
                    .map(Color::from_u32)
            }
            Theme::Light => {
                [0x62_66_6c, 0x00_66_6b, 0x1f_4f_a8, 0x9b_1c_72, 0xb0_1e_14, 0x7a_55_00, 0x1d_6b_1d]
                    .map(Color::from_u32)
            }
            Theme::HighContrast => [
                Color::White,
                Color::LightYellow,
                Color::LightCyan,
                Color::LightYellow,
                Color::LightRed,
                Color::LightYellow,
                Color::LightGreen,
            ],
        };
        let index = match part {
            Part::Text | Part::Heading | Part::Chosen => return None,
            Part::Quiet => 0,
            Part::Own => 1,
            Part::Name => 2,
            Part::New => 3,
            Part::Bad => 4,
            Part::Waiting => 5,
            Part::Good => 6,
        };
        // The first two are the text's.
        Some(self.colours.0[index + 2].unwrap_or(colours[index]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_ones_own_come_before_those_of_the_theme() {
        let colours =
            Colours::default().with("own", "#ff8800").with("background", "black").with("nothing", "red");
        let look = Look::new(Theme::Dark, false).with(colours);
        assert_eq!(look.style(Part::Own).fg, Some(Color::Rgb(0xff, 0x88, 0)));
        assert_eq!(look.style(Part::Name).fg, Look::new(Theme::Dark, false).style(Part::Name).fg);
        assert_eq!(
            (look.base().fg, look.base().bg),
            (Some(Color::Rgb(0xd8, 0xd8, 0xd8)), Some(Color::Black))
        );
        let none = Look::new(Theme::None, false).with(colours);
        assert_eq!((none.style(Part::Own).fg, none.base().bg), (None, None));
    }

    #[test]
    fn a_colour_has_six_digits_or_a_name() {
        for right in ["#ff8800", "red", "lightblue", "light-blue", "gray"] {
            assert!(Colours::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "#ff88", "#gg0000", "reddish", "12", "ff8800"] {
            assert!(Colours::parse(wrong).is_none(), "{wrong}");
        }
    }
}
