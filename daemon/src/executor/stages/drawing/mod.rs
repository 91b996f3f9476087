//! Pictures drawn by ffmpeg alone: a field of grey values that moves, coloured by a palette. Several fields and palettes,
//! none of them plain; which ones, in which order and how they move follows from the prompt, so that the same prompt looks
//! the same and another looks different.
//!
//! Fields are computed on a small grid and scaled up smoothly before they are coloured: the lines between two colours are
//! then as sharp as the picture, at a fraction of the cost.

mod fields;
mod palettes;

use super::ffmpeg::FPS;
use super::settings::Frame;
use fields::Field;
use palettes::PALETTES;
use sha2::{Digest, Sha256};

/// The short side of the grid that fields are computed on, and of the picture that is drawn.
const GRID: u32 = 54;
const DRAWN: u32 = 360;

/// What a prompt makes of the fields and palettes.
#[derive(Debug, Clone)]
pub struct Artist {
    seed: [u8; 32],
    order: Vec<usize>,
}

impl Artist {
    /// The artist for this prompt.
    #[must_use]
    pub fn of(prompt: &str) -> Self {
        let seed: [u8; 32] = Sha256::digest(prompt.as_bytes()).into();
        let mut order: Vec<usize> = (0..fields::COUNT).collect();
        for (index, byte) in (1..order.len()).rev().zip(seed) {
            order.swap(index, usize::from(byte) % (index + 1));
        }
        Self { seed, order }
    }

    /// ffmpeg's graph for a section. Nothing of the prompt's text is in it.
    #[must_use]
    pub fn graph(&self, section: usize, frame: Frame) -> String {
        let draws = self.draws(section);
        let (grid, drawn) = (frame.scaled(GRID), frame.scaled(DRAWN));
        let scale = format!("scale={}:{}:flags=bicubic", drawn.width, drawn.height);
        let grey = match fields::field(self.order[section % self.order.len()], &draws) {
            Field::Formula(formula) => format!(
                "nullsrc=s={}x{}:r={FPS},format=gray16le,geq=lum='65535*clip({formula},0,1)',{scale}",
                grid.width, grid.height
            ),
            Field::Source(source) => {
                format!("{},format=gray16le,{scale}", source(grid, drawn, &draws))
            }
        };
        let palette = palettes::curves(&PALETTES[self.palette(section)]);
        format!("{grey},format=gbrp12le,{palette},format=yuv420p")
    }

    /// Two palettes take turns, so that sections differ and still belong together.
    fn palette(&self, section: usize) -> usize {
        let first = usize::from(self.seed[30]);
        let step = 1 + usize::from(self.seed[31]) % (PALETTES.len() - 1);
        (first + (section % 2) * step) % PALETTES.len()
    }

    /// Eight numbers from 0 to 1 for a section.
    fn draws(&self, section: usize) -> [f64; 8] {
        let mut digest = Sha256::new();
        digest.update(self.seed);
        digest.update(section.to_le_bytes());
        let bytes = digest.finalize();
        std::array::from_fn(|index| f64::from(bytes[index]) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TALL: Frame = Frame {
        width: 1080,
        height: 1920,
    };

    #[test]
    fn the_same_prompt_draws_the_same_and_another_differs() {
        let graphs = |prompt: &str| -> Vec<String> {
            (0..12)
                .map(|section| Artist::of(prompt).graph(section, TALL))
                .collect()
        };
        let one = graphs("The sea");
        assert_eq!(one, graphs("The sea"));
        assert_ne!(one, graphs("A city"));
        assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), 12);
    }

    #[test]
    fn every_field_has_its_turn() {
        let mut order = Artist::of("x").order;
        order.sort_unstable();
        assert_eq!(order, (0..fields::COUNT).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_of_the_prompt_is_in_the_graph() {
        let graph = Artist::of("movie=/etc/passwd,drawtext='x'").graph(0, TALL);
        assert!(!graph.contains("passwd") && !graph.contains("drawtext"));
    }

    /// Grey values of two frames, a second apart, each 36×64 or 64×36.
    fn frames(graph: &str) -> Vec<Vec<u8>> {
        let graph = format!("{graph},select='eq(n,5)+eq(n,35)',scale=36:36,format=gray");
        let output = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", &graph, "-frames:v", "2"])
            .args(["-fps_mode", "passthrough"])
            .args(["-f", "rawvideo", "-"])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{graph}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout.chunks(36 * 36).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn every_field_moves_and_none_is_plain_or_black() {
        let wide = Frame {
            width: 1920,
            height: 1080,
        };
        let artist = Artist::of("a prompt");
        for section in 0..fields::COUNT {
            let frame = if section % 2 == 0 { TALL } else { wide };
            let graph = artist.graph(section, frame);
            let [one, other] = &frames(&graph)[..] else {
                unreachable!("two frames of {graph}")
            };
            let count = one.len() as f64;
            let mean = one.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
            let spread = one
                .iter()
                .map(|v| (f64::from(*v) - mean).abs())
                .sum::<f64>()
                / count;
            let change: f64 = one
                .iter()
                .zip(other)
                .map(|(a, b)| f64::from(a.abs_diff(*b)))
                .sum::<f64>()
                / count;
            assert!(
                mean > 35.0 && spread > 8.0 && change > 1.0,
                "{mean} {spread} {change}: {graph}"
            );
        }
    }
}
