//! A screen as a picture: what `tmux capture-pane -e` says, as SVG.

use std::fmt::{self, Write as _};
use unicode_width::UnicodeWidthChar as _;

/// How wide and high a cell is, and how large the letters are that fit into it.
const CELL: (usize, usize) = (8, 16);
const FONT: &str = "13.3px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace";
/// The terminal's 16 colours, the colour of text, and what is behind it.
const PALETTE: [u32; 16] = [
    0x24_29_2f, 0xff_7b_72, 0x7e_e7_87, 0xe3_b3_41, 0x79_c0_ff, 0xd2_a8_ff, 0x56_d4_dd, 0xb1_ba_c4,
    0x8b_94_9e, 0xff_a1_98, 0xa5_f2_b0, 0xf2_cc_60, 0xa5_d6_ff, 0xe2_c5_ff, 0x8a_e6_ec, 0xff_ff_ff,
];
const TEXT: Colour = Colour(0xe6_ed_f3);
const BEHIND: Colour = Colour(0x0d_11_17);

/// A screen of so many columns as a picture, with the cursor at this column and line, if it is seen.
pub(crate) fn picture(title: &str, screen: &str, columns: usize, cursor: Option<(usize, usize)>) -> String {
    let mut page = Page::default();
    vte::Parser::new().advance(&mut page, screen.trim_end_matches('\n').as_bytes());
    let (width, height) = (columns * CELL.0, page.rows.len() * CELL.1);
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-8 -8 {} {}\" style=\"font:{FONT};white-space:pre\" fill=\"{TEXT}\">\
         <title>{}</title><rect x=\"-8\" y=\"-8\" width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BEHIND}\"/>",
        width + 16,
        height + 16,
        escaped(title)
    )
    .unwrap();
    for (line, row) in page.rows.iter().enumerate() {
        let mut column = 0;
        for run in row.chunk_by(Cell::goes_on) {
            draw(&mut svg, run, column * CELL.0, line * CELL.1);
            column += run.iter().map(|cell| cell.width).sum::<usize>();
        }
    }
    if let Some((column, line)) = cursor {
        let (x, y) = (column * CELL.0, line * CELL.1);
        writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"8\" height=\"16\" fill-opacity=\".6\"/>").unwrap();
    }
    svg.push_str("</svg>\n");
    svg
}

/// Draws cells that look the same.
fn draw(svg: &mut String, run: &[Cell], x: usize, y: usize) {
    let look = run[0].look;
    let (front, behind) = look.colours();
    let width = run.len() * run[0].width * CELL.0;
    if behind != BEHIND {
        writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"16\" fill=\"{behind}\"/>")
            .unwrap();
    }
    if let Some(strokes) = run[0].strokes() {
        // Letters of fonts leave gaps between lines and between columns.
        let mut path = String::new();
        match strokes {
            Strokes::Level(thick) => write!(path, "M{x} {}h{width}v{thick}h-{width}", y + 8),
            Strokes::Upright => {
                (0..run.len()).try_for_each(|n| write!(path, "M{} {y}h1v16h-1", x + n * CELL.0 + 4))
            }
            Strokes::Half => (0..run.len()).try_for_each(|n| write!(path, "M{} {y}h4v16h-4", x + n * CELL.0)),
        }
        .unwrap();
        writeln!(svg, "<path fill=\"{front}\" d=\"{path}\"/>").unwrap();
        return;
    }
    let text: String = run.iter().map(|cell| cell.text.as_str()).collect();
    let blanks = text.len() - text.trim_start_matches(' ').len();
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return;
    }
    let end = run.iter().rposition(|cell| cell.text != " ").map_or(blanks, |last| last + 1);
    let seen: usize = run[blanks..end].iter().map(|cell| cell.width).sum();
    write!(svg, "<text x=\"{}\" y=\"{}\"", x + blanks * CELL.0, y + 12).unwrap();
    // Whatever font there is, what stands below something stands below it.
    if seen > 1 {
        write!(svg, " textLength=\"{}\"", seen * CELL.0).unwrap();
    }
    if front != TEXT {
        write!(svg, " fill=\"{front}\"").unwrap();
    }
    for (is, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.italic, " font-style=\"italic\""),
        (look.underlined, " text-decoration=\"underline\""),
        (look.dim, " opacity=\".7\""),
    ] {
        svg.push_str(if is { attribute } else { "" });
    }
    writeln!(svg, ">{}</text>", escaped(text)).unwrap();
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour(u32);

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

impl Colour {
    /// One of the 256 that terminals have.
    fn indexed(index: u16) -> Self {
        let level = |step: u16| if step == 0 { 0 } else { 55 + 40 * u32::from(step) };
        Self(match index {
            0..=15 => PALETTE[usize::from(index)],
            16..=231 => {
                let cube = index - 16;
                level(cube / 36) << 16 | level(cube / 6 % 6) << 8 | level(cube % 6)
            }
            _ => (8 + 10 * u32::from(index.min(255) - 232)) * 0x01_01_01,
        })
    }
}

/// How a cell looks.
#[allow(clippy::struct_excessive_bools, reason = "terminals turn each of them on and off by itself")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    front: Option<Colour>,
    behind: Option<Colour>,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    reversed: bool,
}

impl Look {
    fn colours(self) -> (Colour, Colour) {
        let (front, behind) = (self.front.unwrap_or(TEXT), self.behind.unwrap_or(BEHIND));
        if self.reversed { (behind, front) } else { (front, behind) }
    }

    fn obeys(&mut self, parameters: &vte::Params) {
        let mut codes = parameters.iter().flat_map(|code| code.iter().copied());
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underlined = true,
                7 => self.reversed = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underlined = false,
                27 => self.reversed = false,
                30..=37 => self.front = Some(Colour::indexed(code - 30)),
                90..=97 => self.front = Some(Colour::indexed(code - 90 + 8)),
                40..=47 => self.behind = Some(Colour::indexed(code - 40)),
                100..=107 => self.behind = Some(Colour::indexed(code - 100 + 8)),
                39 => self.front = None,
                49 => self.behind = None,
                38 | 48 => {
                    let colour = match codes.next() {
                        Some(5) => Colour::indexed(codes.next().unwrap_or_default()),
                        _ => Colour(
                            codes.by_ref().take(3).fold(0, |colour, part| colour << 8 | u32::from(part)),
                        ),
                    };
                    *if code == 38 { &mut self.front } else { &mut self.behind } = Some(colour);
                }
                _ => {}
            }
        }
    }
}

/// A character with what is put on it.
#[derive(Debug)]
struct Cell {
    text: String,
    width: usize,
    look: Look,
}

/// What is drawn, not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strokes {
    Level(usize),
    Upright,
    Half,
}

impl Cell {
    fn strokes(&self) -> Option<Strokes> {
        Some(match self.text.as_str() {
            "─" => Strokes::Level(1),
            "━" => Strokes::Level(2),
            "│" => Strokes::Upright,
            "▌" => Strokes::Half,
            _ => return None,
        })
    }

    fn goes_on(&self, next: &Self) -> bool {
        (self.look, self.width, self.strokes()) == (next.look, next.width, next.strokes())
    }
}

#[derive(Debug)]
struct Page {
    rows: Vec<Vec<Cell>>,
    look: Look,
}

impl Default for Page {
    fn default() -> Self {
        Self { rows: vec![Vec::new()], look: Look::default() }
    }
}

impl vte::Perform for Page {
    fn print(&mut self, character: char) {
        let Some(row) = self.rows.last_mut() else { return };
        match (character.width().unwrap_or(0), row.last_mut()) {
            (0, Some(base)) => base.text.push(character),
            (width, _) => row.push(Cell { text: character.to_string(), width, look: self.look }),
        }
    }

    fn execute(&mut self, byte: u8) {
        if byte == b'\n' {
            self.rows.push(Vec::new());
        }
    }

    fn csi_dispatch(&mut self, parameters: &vte::Params, _: &[u8], _: bool, action: char) {
        if action == 'm' {
            self.look.obeys(parameters);
        }
    }
}

#[test]
fn a_picture_has_what_the_screen_has() {
    let screen = "a \u{1b}[1;34mb<c\u{1b}[0m  日本e\u{301}\n\u{1b}[7mchosen\u{1b}[27m\u{1b}[38;5;196mred\u{1b}[39;4mline\u{1b}[m\n──│\n";
    let svg = picture("A & B", screen, 20, Some((1, 2)));
    for wanted in [
        "viewBox=\"-8 -8 176 64\"",
        "<title>A &amp; B</title>",
        "<text x=\"0\" y=\"12\">a</text>",
        "<text x=\"16\" y=\"12\" textLength=\"24\" fill=\"#79c0ff\" font-weight=\"bold\">b&lt;c</text>",
        "<text x=\"56\" y=\"12\" textLength=\"32\">日本</text>",
        "<text x=\"88\" y=\"12\">e\u{301}</text>",
        "<rect x=\"0\" y=\"16\" width=\"48\" height=\"16\" fill=\"#e6edf3\"/>",
        "<text x=\"0\" y=\"28\" textLength=\"48\" fill=\"#0d1117\">chosen</text>",
        "<text x=\"48\" y=\"28\" textLength=\"24\" fill=\"#ff0000\">red</text>",
        "<text x=\"72\" y=\"28\" textLength=\"32\" text-decoration=\"underline\">line</text>",
        "d=\"M0 40h16v1h-16\"",
        "d=\"M20 32h1v16h-1\"",
        "<rect x=\"8\" y=\"32\" width=\"8\" height=\"16\" fill-opacity=\".6\"/>",
    ] {
        assert!(svg.contains(wanted), "{wanted} is not in\n{svg}");
    }
}
