//! Cues in the form that is burned into the picture: sizes and margins in the picture's own pixels, lines broken by us.

use super::Layout;
use super::cues::Cue;
use std::fmt::Write;

/// The whole file.
#[must_use]
pub fn write(cues: &[Cue], layout: &Layout, font: &str) -> String {
    let Layout {
        frame,
        size,
        side,
        bottom,
        ..
    } = *layout;
    // A font's name stands in a list that commas divide.
    let font: String = font
        .chars()
        .filter(|c| !c.is_control() && *c != ',')
        .collect();
    let mut text = format!(
        "[Script Info]\n\
         ScriptType: v4.00+\n\
         PlayResX: {}\n\
         PlayResY: {}\n\
         WrapStyle: 2\n\
         ScaledBorderAndShadow: yes\n\
         YCbCr Matrix: None\n\n\
         [V4+ Styles]\n\
         Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
         StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
         Style: Caption,{font},{size},&H00FFFFFF,&H00FFFFFF,&H00101010,&H90000000,-1,0,0,0,100,100,0,0,1,{},2,2,{side},{side},{bottom},-1\n\n\
         [Events]\n\
         Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
        frame.width,
        frame.height,
        (size / 15).max(2),
    );
    for cue in cues {
        let lines: Vec<String> = cue.lines.iter().map(|line| escape(line)).collect();
        let _ = writeln!(
            text,
            "Dialogue: 0,{},{},Caption,,0,0,0,,{}",
            time(cue.from),
            time(cue.to),
            lines.join("\\N")
        );
    }
    text
}

/// A line that shows as it is: braces would begin an override, a backslash a command.
fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '{' => escaped.push_str("\\{"),
            '}' => escaped.push_str("\\}"),
            // There is no way to write a backslash but to part it from what follows by a joiner that is not seen.
            '\\' => escaped.push_str("\\\u{2060}"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Hundredths: shown a little early rather than late.
fn time(milliseconds: u64) -> String {
    let (hundredths, seconds) = (milliseconds / 10 % 100, milliseconds / 1_000);
    format!(
        "{}:{:02}:{:02}.{hundredths:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::stages::settings::Frame;

    #[test]
    fn sizes_are_the_pictures_own() {
        let layout = Layout::of(Frame {
            width: 1080,
            height: 1920,
        });
        let text = write(
            &[Cue {
                from: 150,
                to: 3_661_239,
                lines: vec!["One".into(), "Two".into()],
            }],
            &layout,
            "DejaVu Sans",
        );
        assert!(text.contains("PlayResX: 1080\nPlayResY: 1920\n"));
        assert!(text.contains("Style: Caption,DejaVu Sans,90,"));
        assert!(text.ends_with("Dialogue: 0,0:00:00.15,1:01:01.23,Caption,,0,0,0,,One\\NTwo\n"));
        assert!(layout.bottom * 10 >= layout.frame.height);
    }

    #[test]
    fn what_people_write_commands_nothing() {
        assert_eq!(
            escape(r"{\an8}\N 100%"),
            "\\{\\\u{2060}an8\\}\\\u{2060}N 100%"
        );
        assert_eq!(escape("a\nb"), "a b");
        let layout = Layout::of(Frame {
            width: 1920,
            height: 1080,
        });
        assert!(write(&[], &layout, "A,B\nC").contains("Style: Caption,ABC,"));
    }
}
