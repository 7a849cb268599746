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
    mask: '*',
    corners: ["+", "+", "+", "+"],
};

/// Colours and characters together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) theme: Theme,
    pub(crate) glyphs: &'static Glyphs,
}

impl Look {
    /// Colours of a theme, with Unicode's characters or ASCII's.
    pub(crate) fn new(theme: Theme, ascii: bool) -> Self {
        Self { theme, glyphs: if ascii { &ASCII } else { &UNICODE } }
    }

    /// What all of the screen begins with.
    pub(crate) fn base(self) -> Style {
        match self.theme {
            Theme::Terminal | Theme::None => Style::new(),
            Theme::Dark => Style::new().fg(Color::Rgb(0xd8, 0xd8, 0xd8)).bg(Color::Rgb(0x14, 0x16, 0x1a)),
            Theme::Light => Style::new().fg(Color::Rgb(0x20, 0x20, 0x20)).bg(Color::Rgb(0xfa, 0xfa, 0xf7)),
            Theme::HighContrast => Style::new().fg(Color::White).bg(Color::Black),
        }
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
        Some(colours[index])
    }
}
