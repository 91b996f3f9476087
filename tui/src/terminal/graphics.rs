//! A picture for a terminal that shows pictures itself: kitty's protocol, iTerm's inline files, or sixels. It is put over cells
//! that the drawing left empty; the cursor comes back to where it was.

use super::kind::Pictures;
use crate::app::picture::Picture;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::layout::Rect;
use std::fmt::Write as _;

/// What kitty takes in one piece.
const PIECE: usize = 4096;

/// A cell, in pixels: near enough for a picture that is scaled into its cells anyway.
const CELL: (u32, u32) = (8, 16);

/// The bytes that show a picture over these cells; none for a terminal that only has cells.
#[must_use]
pub fn show(kind: Pictures, picture: &Picture, area: Rect) -> Option<String> {
    let (columns, rows) = (area.width, area.height);
    let pixels = || picture.scaled(u32::from(columns) * CELL.0, u32::from(rows) * CELL.1);
    let body = match kind {
        Pictures::Cells => return None,
        Pictures::Kitty => kitty(&png(&pixels())?, columns, rows),
        Pictures::Iterm => format!(
            "\x1b]1337;File=inline=1;width={columns};height={rows};preserveAspectRatio=0:{}\x07",
            STANDARD.encode(png(&pixels())?)
        ),
        Pictures::Sixel => sixel(&pixels()),
    };
    Some(format!(
        "\x1b7\x1b[{};{}H{body}\x1b8",
        area.y + 1,
        area.x + 1
    ))
}

/// The bytes that take it away; the cells below are then drawn again.
#[must_use]
pub fn hide(kind: Pictures) -> &'static str {
    match kind {
        Pictures::Kitty => "\x1b_Ga=d,q=2\x1b\\",
        // What is written over these goes with the cells.
        Pictures::Cells | Pictures::Iterm | Pictures::Sixel => "",
    }
}

fn png(pixels: &image::RgbImage) -> Option<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels
        .write_to(&mut bytes, image::ImageFormat::Png)
        .ok()
        .map(|()| bytes.into_inner())
}

fn kitty(png: &[u8], columns: u16, rows: u16) -> String {
    let coded = STANDARD.encode(png);
    let mut out = String::new();
    let mut rest = coded.as_str();
    let mut first = true;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.len().min(PIECE));
        let more = u8::from(!behind.is_empty());
        let head = if first {
            format!("a=T,f=100,c={columns},r={rows},C=1,q=2,")
        } else {
            String::new()
        };
        // Writing into a String can't fail.
        let _ = write!(out, "\x1b_G{head}m={more};{piece}\x1b\\");
        first = false;
        rest = behind;
    }
    out
}

/// One of 216 colours, six levels each.
fn level(pixel: &image::Rgb<u8>) -> u8 {
    let six = |c: u8| (u16::from(c) * 5 + 127) / 255;
    let [red, green, blue] = pixel.0;
    u8::try_from(six(red) * 36 + six(green) * 6 + six(blue)).unwrap_or(0)
}

/// Bands of six lines; in each, one colour after the other, equal columns counted.
fn sixel(pixels: &image::RgbImage) -> String {
    let (width, height) = pixels.dimensions();
    let mut out = format!("\x1bPq\"1;1;{width};{height}");
    for index in 0..216u32 {
        let part = |n: u32| n % 6 * 20;
        let _ = write!(
            out,
            "#{index};2;{};{};{}",
            part(index / 36),
            part(index / 6),
            part(index)
        );
    }
    for top in (0..height).step_by(6) {
        let lines = (height - top).min(6);
        let mut used = [false; 216];
        let at = |x: u32, line: u32| level(pixels.get_pixel(x, top + line));
        for x in 0..width {
            for line in 0..lines {
                used[usize::from(at(x, line))] = true;
            }
        }
        for (colour, _) in (0u8..).zip(used).filter(|(_, used)| *used) {
            let _ = write!(out, "#{colour}");
            let mut run: (char, u32) = ('?', 0);
            for x in 0..width {
                let bits = (0..lines)
                    .filter(|line| at(x, *line) == colour)
                    .fold(0u8, |bits, line| bits | 1 << line);
                let sign = char::from(63 + bits);
                if sign == run.0 {
                    run.1 += 1;
                } else {
                    counted(&mut out, run);
                    run = (sign, 1);
                }
            }
            counted(&mut out, run);
            out.push('$');
        }
        out.push('-');
    }
    out.push_str("\x1b\\");
    out
}

fn counted(out: &mut String, (sign, count): (char, u32)) {
    match count {
        0 => {}
        1..4 => (0..count).for_each(|_| out.push(sign)),
        _ => {
            let _ = write!(out, "!{count}{sign}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn red() -> Picture {
        Picture {
            key: "k".to_owned(),
            pixels: image::RgbImage::from_pixel(16, 9, image::Rgb([255, 0, 0])),
            bytes: 1,
        }
    }

    #[test]
    fn each_terminal_is_told_in_its_own_words_and_the_cursor_comes_back() {
        let area = Rect::new(4, 2, 8, 2);
        for (kind, words) in [
            (Pictures::Kitty, "\x1b_Ga=T,f=100,c=8,r=2"),
            (Pictures::Iterm, "\x1b]1337;File=inline=1;width=8;height=2"),
            (Pictures::Sixel, "\x1bPq\"1;1;64;32"),
        ] {
            let bytes = show(kind, &red(), area).unwrap();
            assert!(bytes.starts_with("\x1b7\x1b[3;5H") && bytes.ends_with("\x1b8"));
            assert!(bytes.contains(words), "{kind:?}");
        }
        assert_eq!(show(Pictures::Cells, &red(), area), None);
    }

    #[test]
    fn a_plain_picture_is_one_colour_of_counted_columns() {
        let bytes = show(Pictures::Sixel, &red(), Rect::new(0, 0, 8, 2)).unwrap();
        // Six lines of red are the sign `~`; 64 columns of it.
        assert!(bytes.contains("#180!64~$-"));
    }
}
