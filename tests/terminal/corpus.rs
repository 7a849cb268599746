//! Texts that would take over a terminal that obeyed them.

/// Some 300 of them, none blank, and all within the limits of a message.
pub(crate) fn hostile() -> Vec<String> {
    let introducers = [
        ("\u{1b}[", "\u{9b}"),
        ("\u{1b}]", "\u{9d}"),
        ("\u{1b}P", "\u{90}"),
        ("\u{1b}_", "\u{9f}"),
        ("\u{1b}^", "\u{9e}"),
    ];
    let mut texts = Vec::new();
    for sequence in CSI {
        texts.extend([
            format!("\u{1b}[{sequence}"),
            format!("\u{9b}{sequence}"),
            format!("a\u{1b}[{sequence}b"),
        ]);
    }
    for command in OSC {
        for (seven, eight) in [("\u{1b}]", "\u{9d}")] {
            for end in ["\u{7}", "\u{1b}\\", "\u{9c}", ""] {
                texts.extend([format!("{seven}{command}{end}"), format!("{eight}{command}{end}")]);
            }
        }
    }
    for (seven, eight) in introducers {
        texts.extend([seven, eight].map(|begin| format!("x{begin}never ended")));
    }
    for byte in (b' '..=b'~').filter(|byte| !b"[]P_^X".contains(byte)) {
        texts.push(format!("\u{1b}{}", char::from(byte)));
    }
    for code in (1..0x20).chain(0x7f..0xa0).filter(|code| *code != 0x0a) {
        texts.push(format!("a{}b", char::from_u32(code).unwrap_or_default()));
    }
    texts.extend(OTHERS.map(str::to_owned));
    texts
        .extend(["\u{301}", "\u{20dd}", "\u{1161}", "\u{fe0f}"].map(|mark| format!("e{}", mark.repeat(500))));
    texts.push("👩\u{200d}".repeat(300));
    texts.push((0..1000).map(|number| number.to_string()).collect());
    texts.push("日".repeat(300));
    texts.push((0..=150).map(|line| line.to_string()).collect::<Vec<_>>().join("\n"));
    assert!(texts.len() >= 300, "{}", texts.len());
    texts
}

/// The cursor, the screen, modes, colours, margins, questions that the terminal would answer into the shell, the window.
const CSI: [&str; 31] = [
    "2J", "3J", "H", "1;1H", "99A", "99B", "99C", "99D", "K", "1K", "M", "L", "P", "@", "X", "31m", "7m",
    "8m", "48;5;1m", "?25l", "?1049h", "?1000h", "?2004h", "?5h", "4h", "1;3r", "6n", "c", "0q", "21t",
    "8;5;5t",
];

/// Title, link, colours, clipboard, notifications, images.
const OSC: [&str; 9] = [
    "0;taken",
    "2;taken",
    "8;;https://example.com",
    "4;1;rgb:00/00/00",
    "11;?",
    "52;c;dGFrZW4=",
    "9;taken",
    "777;notify;taken;taken",
    "1337;File=inline=1:AAAA",
];

/// What reorders, hides, breaks lines or looks like another line.
const OTHERS: [&str; 26] = [
    "\u{202e}drawkcab",
    "\u{202d}left",
    "\u{2066}isolated",
    "\u{2067}isolated",
    "\u{2069}popped",
    "\u{61c}mark",
    "\u{200f}mark",
    "pay\u{200b}pal",
    "pay\u{200d}pal",
    "\u{feff}bom",
    "a\u{2028}eve: forged",
    "a\u{2029}eve: forged",
    "a\u{85}eve: forged",
    "a\reve: forged",
    "a\r\neve: forged",
    "a\neve: forged",
    "a\u{b}eve: forged",
    "a\u{c}eve: forged",
    "\u{e0041}\u{e0042}tags",
    "\u{3164}filler",
    "\u{301}mark first",
    "\u{fe0f}selector first",
    "8\u{fe0f}selector on a digit",
    "❤\u{fe0f}heart",
    "a\tb\tc",
    "\u{fff9}over\u{fffa}under\u{fffb}",
];
