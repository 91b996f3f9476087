//! Lines packed: what stands beside them as differences in few bytes, then their text, compressed together.

use super::Level;
use super::lines::{Lines, Mark};
use crate::model::varint::{put, take, unzigzag, zigzag};
use std::ops::Range;

/// Packed lines, from one place on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    from: u32,
    count: u32,
    loudest: Level,
    /// Bytes before compression, and of them those beside the text.
    raw: u32,
    beside: u32,
    packed: Box<[u8]>,
}

impl Block {
    /// Packs lines that stand from a place on.
    pub fn pack(from: u32, lines: &Lines) -> Self {
        let mut raw = Vec::with_capacity(lines.len() * 8 + lines.text_len());
        let mut before = Mark {
            offset: 0,
            at_ms: 0,
            level: Level::Debug,
            stage: 0,
            end: 0,
        };
        for mark in &lines.marks {
            put(&mut raw, u64::from(mark.end - before.end));
            put(
                &mut raw,
                zigzag(mark.offset.wrapping_sub(before.offset) as i64),
            );
            put(&mut raw, zigzag(mark.at_ms.wrapping_sub(before.at_ms)));
            put(&mut raw, u64::from(mark.stage) << 2 | mark.level as u64);
            before = *mark;
        }
        let beside = raw.len() as u32;
        raw.extend_from_slice(lines.text.as_bytes());
        Self {
            from,
            count: lines.len() as u32,
            loudest: lines
                .marks
                .iter()
                .map(|mark| mark.level)
                .max()
                .unwrap_or(Level::Debug),
            raw: raw.len() as u32,
            beside,
            packed: lz4_flex::block::compress(&raw).into_boxed_slice(),
        }
    }

    /// The places of its lines.
    pub fn places(&self) -> Range<u32> {
        self.from..self.from + self.count
    }

    /// The loudest of its lines.
    pub fn loudest(&self) -> Level {
        self.loudest
    }

    /// Its bytes.
    pub fn size(&self) -> usize {
        self.packed.len() + size_of::<Self>()
    }

    /// Its lines again. What was packed here is always whole; were it not, there would be fewer lines, and no panic.
    pub fn unpack(&self, into: &mut Lines) {
        into.clear();
        let Ok(raw) = lz4_flex::block::decompress(&self.packed, self.raw as usize) else {
            return;
        };
        let (beside, text) = raw.split_at(raw.len().min(self.beside as usize));
        let Ok(text) = std::str::from_utf8(text) else {
            return;
        };
        into.text.push_str(text);
        let mut rest = beside;
        let (mut end, mut offset, mut at_ms) = (0u32, 0u64, 0i64);
        for _ in 0..self.count {
            let (Some(wide), Some(further), Some(later), Some(kind)) = (
                take(&mut rest),
                take(&mut rest),
                take(&mut rest),
                take(&mut rest),
            ) else {
                return;
            };
            end = end.saturating_add(wide as u32);
            offset = offset.wrapping_add(unzigzag(further) as u64);
            at_ms = at_ms.wrapping_add(unzigzag(later));
            into.marks.push(Mark {
                offset,
                at_ms,
                level: [Level::Debug, Level::Info, Level::Warn, Level::Error][(kind & 3) as usize],
                stage: (kind >> 2) as u16,
                end,
            });
        }
    }
}
